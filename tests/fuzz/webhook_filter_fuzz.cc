// The list of facts that a webhook wants, and a type, separated by a line feed.
#include "elements/webhook/event_filter.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view type = text_of({data, size});
    const std::string_view list = take_line(type);
    const webhook::EventFilter filter(list);
    if (filter.wants(type)) {
        must(list.find_first_not_of(" ,") == std::string_view::npos || list.find('*') != std::string_view::npos ||
                 list.find(type) != std::string_view::npos,
             "what is wanted is named");
    }
    must(webhook::EventFilter().wants(type), "an empty list wants everything");
    must(webhook::EventFilter("*").wants(type), "* wants everything");
    if (type.find_first_of(" ,") == std::string_view::npos && !type.empty()) {
        must(webhook::EventFilter(std::string(list) + "," + std::string(type)).wants(type),
             "a type that is named is wanted");
        must(webhook::EventFilter(std::string(type) + ".*").wants(std::string(type) + ".x"), "a family is wanted");
    }
    return 0;
}
