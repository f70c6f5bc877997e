// TwiML on GMarkup; what GMarkup tolerates and XML does not is checked here.
#include "lab/twilio/twiml.h"

#include <glib.h>

namespace trunkline::lab {
namespace {

constexpr size_t kMaxDocument = 1U << 20;
constexpr size_t kMaxDepth = 16;

struct Builder {
    TwimlVerb document;              // its children are the roots
    std::vector<TwimlVerb*> open{};  // path from the document to the element being read
};

void set_invalid(GError** error, const char* text) {
    g_set_error_literal(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT, text);
}

void on_start(GMarkupParseContext* context, const gchar* name, const gchar** keys, const gchar** values, gpointer data,
              GError** error) {
    auto* builder = static_cast<Builder*>(data);
    if (builder->open.size() == 1 && !builder->document.children.empty())
        return set_invalid(error, "a second root element");
    if (builder->open.size() > kMaxDepth) return set_invalid(error, "nested too deeply");
    TwimlVerb verb;
    verb.name = name;
    g_markup_parse_context_get_position(context, &verb.line, nullptr);
    for (size_t i = 0; keys[i] != nullptr; ++i) {
        if (!verb.attributes.emplace(keys[i], values[i]).second) return set_invalid(error, "an attribute given twice");
    }
    builder->open.back()->children.push_back(std::move(verb));
    builder->open.push_back(&builder->open.back()->children.back());
}

void on_end(GMarkupParseContext*, const gchar*, gpointer data, GError**) {
    auto* builder = static_cast<Builder*>(data);
    std::string& text = builder->open.back()->text;
    size_t first = text.find_first_not_of(" \t\r\n");
    size_t last = text.find_last_not_of(" \t\r\n");
    text = first == std::string::npos ? "" : text.substr(first, last - first + 1);
    builder->open.pop_back();
}

void on_text(GMarkupParseContext*, const gchar* text, gsize size, gpointer data, GError**) {
    static_cast<Builder*>(data)->open.back()->text.append(text, size);
}

tl::unexpected<Error> malformed(std::string message) { return fail("12100", "TwiML: " + std::move(message)); }

}  // namespace

Result<std::vector<TwimlVerb>> parse_twiml(std::string_view document) {
    if (document.size() > kMaxDocument) return malformed("the document is larger than 1 MiB");
    size_t declaration = document.find("<?xml");
    if (declaration != std::string_view::npos && declaration != 0)
        return malformed("there is text before the XML declaration");
    if (document.empty() || document.front() != '<') return malformed("the document does not begin with '<'");

    static const GMarkupParser kParser{on_start, on_end, on_text, nullptr, nullptr};
    Builder builder;
    builder.open.push_back(&builder.document);
    GMarkupParseContext* context =
        g_markup_parse_context_new(&kParser, G_MARKUP_PREFIX_ERROR_POSITION, &builder, nullptr);
    GError* error = nullptr;
    bool good = g_markup_parse_context_parse(context, document.data(), static_cast<gssize>(document.size()), &error) &&
                g_markup_parse_context_end_parse(context, &error);
    g_markup_parse_context_free(context);
    if (!good) {
        std::string reason = error->message;
        g_error_free(error);
        return malformed(reason);
    }
    if (builder.document.children.empty() || builder.document.children.front().name != "Response") {
        return malformed("the root element is not <Response>");
    }
    return std::move(builder.document.children.front().children);
}

}  // namespace trunkline::lab
