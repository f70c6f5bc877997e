#pragma once
// The carrier's side of X-Twilio-Signature, and the form encoding it goes with.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::lab {

/// Name and value, in the order they are sent; a name may occur more than once.
using FormFields = std::vector<std::pair<std::string, std::string>>;

/// Base64 of HMAC-SHA1 over the URL, byte for byte, followed by name and value of every field: names in byte order, a
/// repeated name once for each of its distinct values, those sorted. Leave `fields` empty for GET and for sockets.
std::string twilio_signature(std::string_view auth_token, std::string_view url, const FormFields& fields);

/// application/x-www-form-urlencoded, UTF-8, space as '+'.
std::string form_encode(const FormFields& fields);

/// `url` with its port written out: 443 for https and wss, 80 for http and ws. Unchanged if it names one already.
std::string url_with_port(std::string_view url);

}  // namespace trunkline::lab
