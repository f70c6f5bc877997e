// See the header.
#include "engine/storage/statement.h"

#include <deque>
#include <stdexcept>

#include "engine/storage/soci_session.h"

namespace trunkline {
namespace {

// SOCI keeps the addresses: cells live in deques that never move them.
struct Cell {
    explicit Cell(char letter) : type(letter) {}
    char type;
    soci::indicator indicator = soci::i_null;
    std::string text;
    long long integer = 0;
    double real = 0;
};

}  // namespace

struct Statement::Impl {
    explicit Impl(soci::session& session) : statement(session) {}
    std::deque<Cell> in, out;
    soci::statement statement;  // after the cells: it goes first
};

Statement::Statement(soci::session& session, const std::string& sql, std::string_view in, std::string_view out)
    : impl_(std::make_unique<Impl>(session)) {
    soci::statement& statement = impl_->statement;
    for (const char letter : out) {
        Cell& cell = impl_->out.emplace_back(letter);
        if (letter == 's') statement.exchange(soci::into(cell.text, cell.indicator));
        if (letter == 'i') statement.exchange(soci::into(cell.integer, cell.indicator));
        if (letter == 'r') statement.exchange(soci::into(cell.real, cell.indicator));
    }
    for (const char letter : in) {
        Cell& cell = impl_->in.emplace_back(letter);
        if (letter == 's') statement.exchange(soci::use(cell.text, cell.indicator));
        if (letter == 'i') statement.exchange(soci::use(cell.integer, cell.indicator));
        if (letter == 'r') statement.exchange(soci::use(cell.real, cell.indicator));
    }
    statement.alloc();
    statement.prepare(sql);
    statement.define_and_bind();
}

Statement::~Statement() = default;
Statement::Statement(Statement&&) noexcept = default;

void Statement::bind(std::initializer_list<DbValue> values) {
    if (values.size() != impl_->in.size()) throw std::logic_error("a statement got the wrong number of parameters");
    size_t i = 0;
    for (const DbValue& value : values) {
        Cell& cell = impl_->in[i++];
        const DbValue::Variant& given = value.get();
        cell.indicator = std::holds_alternative<std::monostate>(given) ? soci::i_null : soci::i_ok;
        if (cell.indicator == soci::i_null) continue;
        if (cell.type == 's') cell.text = std::get<std::string_view>(given);
        if (cell.type == 'i') cell.integer = std::get<int64_t>(given);
        if (cell.type == 'r') cell.real = std::get<double>(given);
    }
}

int64_t Statement::run(std::initializer_list<DbValue> values) {
    bind(values);
    impl_->statement.execute(true);
    return impl_->statement.get_affected_rows();
}

void Statement::each(std::initializer_list<DbValue> values, const std::function<void()>& row) {
    bind(values);
    for (bool more = impl_->statement.execute(true); more; more = impl_->statement.fetch()) row();
}

bool Statement::is_null(size_t column) const { return impl_->out[column].indicator == soci::i_null; }

const std::string& Statement::text(size_t column) const {
    static const std::string kEmpty;
    return is_null(column) ? kEmpty : impl_->out[column].text;
}

int64_t Statement::integer(size_t column) const { return is_null(column) ? 0 : impl_->out[column].integer; }
double Statement::real(size_t column) const { return is_null(column) ? 0 : impl_->out[column].real; }

void execute(soci::session& session, const std::string& sql) { session << sql; }

}  // namespace trunkline
