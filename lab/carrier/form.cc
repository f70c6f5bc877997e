// Form encoding, byte for byte as browsers do it.
#include "lab/carrier/form.h"

#include <glib.h>

#include <string_view>

namespace trunkline::lab {
namespace {

void form_escape(std::string_view text, std::string& out) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    for (char c : text) {
        auto byte = static_cast<unsigned char>(c);
        if (g_ascii_isalnum(c) || c == '-' || c == '_' || c == '.' || c == '*') {
            out += c;
        } else if (c == ' ') {
            out += '+';
        } else {
            out += '%';
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        }
    }
}

}  // namespace

std::string form_encode(const FormFields& fields) {
    std::string out;
    for (const auto& [name, value] : fields) {
        if (!out.empty()) out += '&';
        form_escape(name, out);
        out += '=';
        form_escape(value, out);
    }
    return out;
}

}  // namespace trunkline::lab
