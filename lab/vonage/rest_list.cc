// GET /v1/calls: which calls are wanted, and which page of them.
#include <algorithm>
#include <charconv>

#include "lab/vonage/call.h"
#include "lab/vonage/rest.h"

namespace trunkline::lab::vonage {
namespace {

constexpr int kMostOnAPage = 100;

/// False when there is a value that is no number within the bounds.
bool read_number(const RestServer::Query& query, const char* name, int least, int most, int& value) {
    auto found = query.find(name);
    if (found == query.end()) return true;
    const std::string& text = found->second;
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return code == std::errc() && end == text.data() + text.size() && value >= least && value <= most;
}

/// RFC 3339 in UTC sorts as text; seconds decide, since a query may carry no fraction.
std::string seconds_of(const std::string& time) { return time.substr(0, std::string("2026-11-30T10:24:03").size()); }

bool wanted(const RestServer::Query& query, const CallSummary& call) {
    const auto given = [&query](const char* name) {
        auto found = query.find(name);
        return found == query.end() ? std::string() : found->second;
    };
    if (const auto status = given("status"); !status.empty() && status != call.status) return false;
    if (const auto one = given("conversation_uuid"); !one.empty() && one != call.conversation) return false;
    if (const auto from = given("date_start"); !from.empty() && seconds_of(call.created) < seconds_of(from))
        return false;
    if (const auto to = given("date_end"); !to.empty() && seconds_of(call.created) > seconds_of(to)) return false;
    return true;
}

}  // namespace

RestReply RestServer::list(const Query& query) const {
    static constexpr std::string_view kKnown[] = {"status",       "date_start", "date_end",         "page_size",
                                                  "record_index", "order",      "conversation_uuid"};
    const auto refuse = [](const std::string& name, const std::string& why) {
        return problem(400, "bad-request", "Bad Request", name + ": " + why, {name});
    };
    for (const auto& [name, value] : query) {
        if (std::find(std::begin(kKnown), std::end(kKnown), name) == std::end(kKnown))
            return refuse(name, "is not known");
    }
    int size = 10;
    int index = 0;
    if (!read_number(query, "page_size", 1, kMostOnAPage, size)) return refuse("page_size", "1 to 100 are possible");
    if (!read_number(query, "record_index", 0, INT32_MAX, index)) return refuse("record_index", "is no index");
    auto order = query.find("order");
    const bool newest_first = order != query.end() && order->second == "desc";
    if (order != query.end() && !newest_first && order->second != "asc")
        return refuse("order", "asc or desc is wanted");

    std::vector<CallSummary> found;
    for (const auto& uuid : registry_->uuids()) {
        CallSummary call;
        const bool alive = registry_->with(uuid, [&](VonageDriver& driver) { call = summary_of(driver); });
        if (alive && wanted(query, call)) found.push_back(std::move(call));
    }
    if (newest_first) std::reverse(found.begin(), found.end());
    const auto page = [&](JsonWriter& w, const char* name, int at) {
        w.key(name).begin_object();
        w.field("href",
                base_url_ + "/v1/calls?page_size=" + std::to_string(size) + "&record_index=" + std::to_string(at));
        w.end();
    };
    const int count = static_cast<int>(found.size());
    JsonWriter w;
    w.begin_object().field("count", count).field("page_size", size).field("record_index", index);
    w.key("_links").begin_object();
    page(w, "self", index);
    page(w, "first", 0);
    page(w, "last", std::max(0, (count - 1) / size * size));
    if (index > 0) page(w, "prev", std::max(0, index - size));
    if (count - size > index) page(w, "next", index + size);
    w.end().key("_embedded").begin_object().key("calls").begin_array();
    for (int i = index; i < count && i - index < size; ++i) write_call(w, found[static_cast<size_t>(i)]);
    w.end().end().end();
    return {200, w.take()};
}

}  // namespace trunkline::lab::vonage
