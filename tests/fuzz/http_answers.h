#pragma once
// Reading what a server of ours has answered, strictly: whole HTTP/1.x answers one after another, then nothing.
#include <charconv>
#include <vector>

#include "tests/fuzz/properties.h"

namespace trunkline::fuzz {

struct Answer {
    int status = 0;
    std::string_view head, body;

    std::string header(std::string_view name) const {
        const size_t at = head.find("\r\n" + std::string(name) + ": ");
        if (at == std::string_view::npos) return {};
        const size_t from = at + name.size() + 4;
        return std::string(head.substr(from, head.find("\r\n", from) - from));
    }
};

/// `text` begins with an answer; takes it off. After 101 all that follows is its body.
inline Answer take_answer(std::string_view& text) {
    Answer answer;
    must(text.starts_with("HTTP/1.1 ") || text.starts_with("HTTP/1.0 "), "an answer begins with its version");
    const size_t end = text.find("\r\n\r\n");
    must(end != std::string_view::npos, "an answer has a whole head");
    answer.head = text.substr(0, end + 2);
    std::from_chars(text.data() + 9, text.data() + std::min<size_t>(12, text.size()), answer.status);
    must(answer.status >= 100 && answer.status < 600, "an answer has a status");
    text.remove_prefix(end + 4);
    size_t length = 0;
    const std::string announced = answer.header("Content-Length");
    std::from_chars(announced.data(), announced.data() + announced.size(), length);
    if (answer.status == 101) length = text.size();
    answer.body = text.substr(0, length);
    text.remove_prefix(answer.body.size());
    return answer;
}

inline void must_be_answers(std::string_view text) {
    while (!text.empty()) {
        const Answer answer = take_answer(text);
        if (answer.status == 100) continue;
        if (answer.header("Content-Type").find("json") != std::string::npos && !answer.body.empty())
            must_be_json(answer.body);
        must(answer.status != 500, "no request is an error of the server");
        if (answer.status == 101) return;
    }
}

}  // namespace trunkline::fuzz
