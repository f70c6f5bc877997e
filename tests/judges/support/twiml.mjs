// TwiML as plain trees, and rebuilt through the SDK's own builder.
import { DOMParser } from "@xmldom/xmldom";
import twilio from "twilio";

/** {name, attributes, children, text}; throws on anything that is no well-formed XML. */
export function parse(xml) {
  const problems = [];
  const parser = new DOMParser({ onError: (level, message) => problems.push(`${level}: ${message}`) });
  const document = parser.parseFromString(xml, "text/xml");
  if (problems.length) throw new Error(problems.join("; "));
  return tree(document.documentElement);
}

function tree(element) {
  const attributes = {};
  for (const { name, value } of Array.from(element.attributes)) attributes[name] = value;
  const children = Array.from(element.childNodes).filter((node) => node.nodeType === 1).map(tree);
  const text = children.length ? "" : element.textContent;
  return { name: element.nodeName, attributes, children, text };
}

const takesText = new Set(["Say", "Play", "Dial", "Redirect", "Number", "Sms"]);

/** Calls the builder's method for every element: a verb, noun or nesting the SDK does not know cannot be rebuilt. */
export function rebuild(node) {
  const response = new twilio.twiml.VoiceResponse();
  const add = (parent, child) => {
    const method = child.name[0].toLowerCase() + child.name.slice(1);
    if (typeof parent[method] !== "function") throw new Error(`the SDK knows no <${child.name}> here`);
    const made = takesText.has(child.name) ? parent[method](child.attributes, child.text) : parent[method](child.attributes);
    for (const grandchild of child.children) add(made, grandchild);
  };
  if (node.name !== "Response") throw new Error(`TwiML begins with <Response>, not <${node.name}>`);
  for (const child of node.children) add(response, child);
  return response.toString();
}
