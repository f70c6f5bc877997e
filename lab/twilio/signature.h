#pragma once
// The carrier's side of X-Twilio-Signature.
#include <string>
#include <string_view>

#include "lab/carrier/form.h"

namespace trunkline::lab {

/// Base64 of HMAC-SHA1 over the URL, byte for byte, followed by name and value of every field: names in byte order, a
/// repeated name once for each of its distinct values, those sorted. Leave `fields` empty for GET and for sockets.
std::string twilio_signature(std::string_view auth_token, std::string_view url, const FormFields& fields);

/// `url` with its port written out: 443 for https and wss, 80 for http and ws. Unchanged if it names one already.
std::string url_with_port(std::string_view url);

}  // namespace trunkline::lab
