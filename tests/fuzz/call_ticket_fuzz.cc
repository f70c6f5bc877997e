// Media tickets. As bytes from a stranger: none is ours. As the fields of one of ours, a line each: it reads back, and
// neither a changed ticket nor another node's key lets anybody in.
#include "engine/call/ticket.h"
#include "tests/fuzz/properties.h"

using namespace trunkline;
using namespace trunkline::fuzz;

namespace {

bool survives(std::string_view text) { return is_utf8(text) && text.find('\0') == std::string_view::npos; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const TicketMint mint("a key that the corpus does not hold"), other("another");
    std::string_view rest = text_of({data, size});
    const auto strange = mint.check(rest, 0);
    must(!strange, "nobody's ticket is ours");
    must_explain(strange.error());

    Ticket ticket;
    ticket.call_id = take_line(rest);
    ticket.carrier = take_line(rest);
    ticket.carrier_call_id = take_line(rest);
    ticket.graph_hash = rest.substr(0, 16);
    ticket.expires_unix_ms = static_cast<int64_t>(size);
    std::string text = mint.sign(ticket);
    const auto read = mint.check(text, 0);
    must(read || text.size() > 1024, "a ticket of usual length is taken");
    if (read && survives(ticket.call_id) && survives(ticket.carrier_call_id))
        must(read->call_id == ticket.call_id && read->carrier_call_id == ticket.carrier_call_id, "a ticket reads back");
    must(!mint.check(text, static_cast<int64_t>(size) + 1), "an old ticket is refused");
    must(!other.check(text, 0), "another key's ticket is refused");
    char& changed = text[size % text.size()];
    changed = changed == 'A' ? 'B' : 'A';
    must(!mint.check(text, 0), "a changed ticket is refused");
    return 0;
}
