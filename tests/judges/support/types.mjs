// Holds messages against the type declarations of an SDK: each becomes a literal in a generated TypeScript file, which the
// compiler must accept. Missing fields, wrong kinds and fields the SDK does not know are all errors.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import ts from "typescript";

const here = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * @param {{message: object, type: string}[]} checks  `type` is a TypeScript type that may use the import below
 * @returns {string[]} one line per problem, with the message at fault
 */
export function typeProblems(imports, checks) {
  const lines = checks.map(({ message, type }, at) => `export const m${at}: ${type} = ${JSON.stringify(message)};`);
  const head = imports.split("\n").length;
  const file = path.join(here, `.generated-${process.pid}.mts`); // beside node_modules, so that imports are found
  fs.writeFileSync(file, [imports, ...lines].join("\n"));
  try {
    const program = ts.createProgram([file], {
      noEmit: true, strict: true, skipLibCheck: true, types: [],
      module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, target: ts.ScriptTarget.ES2022,
    });
    return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
      const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, " ");
      if (diagnostic.file?.fileName !== file) return `${diagnostic.file?.fileName ?? ""}: ${text}`;
      const line = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start).line;
      const check = checks[line - head];
      return check ? `${JSON.stringify(check.message).slice(0, 300)} is no ${check.type}: ${text}` : text;
    });
  } finally {
    fs.rmSync(file, { force: true });
  }
}
