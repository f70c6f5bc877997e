#pragma once
// Result<T>: a value or an Error. No exception crosses a function boundary of the engine; code that calls a throwing
// library (yaml-cpp, SOCI, CLI11) catches at its own edge and returns an Error.
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace trunkline {

/// What went wrong, for a program (`code`, stable, kebab-case) and for a person (`message`: cause, place and cure).
struct Error {
    std::string code;
    std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

/// `return fail("bad-base64", "payload of media message is not base64");`
inline tl::unexpected<Error> fail(std::string code, std::string message) {
    return tl::unexpected<Error>(Error{std::move(code), std::move(message)});
}

}  // namespace trunkline
