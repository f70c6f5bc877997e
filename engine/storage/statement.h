#pragma once
// A prepared statement with typed parameters and columns. It owns the variables SOCI binds by reference, so nobody else
// has to keep them alive. Throws what SOCI throws; callers catch at their thread's edge (current_db_error()).
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace soci {
class session;
}

namespace trunkline {

/// A parameter: NULL, text, integer or real.
class DbValue {
  public:
    using Variant = std::variant<std::monostate, std::string_view, int64_t, double>;

    DbValue() = default;
    DbValue(std::string_view text) : value_(text) {}
    DbValue(const std::string& text) : value_(std::string_view(text)) {}
    DbValue(const char* text) : value_(std::string_view(text)) {}
    DbValue(int64_t number) : value_(number) {}
    DbValue(int number) : value_(static_cast<int64_t>(number)) {}
    DbValue(uint64_t number) : value_(static_cast<int64_t>(number)) {}
    DbValue(double number) : value_(number) {}
    template <class T>
    DbValue(const std::optional<T>& value) : value_(value.has_value() ? DbValue(*value).value_ : Variant()) {}

    const Variant& get() const { return value_; }

  private:
    Variant value_;
};

class Statement {
  public:
    /// `in` and `out` give the types of the parameters (in their order in `sql`, each name once) and of the columns, a
    /// letter each: s text, i integer, r real.
    Statement(soci::session& session, const std::string& sql, std::string_view in, std::string_view out = {});
    ~Statement();
    Statement(Statement&&) noexcept;

    /// Executes; returns how many rows changed.
    int64_t run(std::initializer_list<DbValue> values);
    /// Executes and calls `row` for every row of the answer; read its columns with text(), integer(), real().
    void each(std::initializer_list<DbValue> values, const std::function<void()>& row);

    bool is_null(size_t column) const;
    const std::string& text(size_t column) const;  ///< "" for NULL
    int64_t integer(size_t column) const;          ///< 0 for NULL
    double real(size_t column) const;              ///< 0 for NULL

  private:
    void bind(std::initializer_list<DbValue> values);
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// For statements without parameters that are run once ("BEGIN IMMEDIATE").
void execute(soci::session& session, const std::string& sql);

}  // namespace trunkline
