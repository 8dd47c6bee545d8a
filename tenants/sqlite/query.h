#pragma once

#include <SQLiteCpp/Column.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tenants/base/clock.h"
#include "tenants/base/ids.h"
#include "tenants/sqlite/prepared_statement.h"

namespace tenants::sqlite {

inline std::int64_t millis(UtcTime time) {
    return time.time_since_epoch().count();
}
inline UtcTime utc(std::int64_t millis) {
    return UtcTime{std::chrono::milliseconds{millis}};
}

/// One use of a prepared statement, reset when the use ends, so that no transaction stays open behind it.
/// Texts and blobs are bound without a copy: they must outlive the use. Every parameter is bound in every use.
class Query {
public:
    explicit Query(PreparedStatement& statement) : statement_(statement) {}
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;
    ~Query() { statement_.tryReset(); }

    Query& bind(const char* name, std::int64_t value) {
        statement_.bind(statement_.placeOf(name), value);
        return *this;
    }
    Query& bind(const char* name, bool value) { return bind(name, static_cast<std::int64_t>(value ? 1 : 0)); }
    Query& bind(const char* name, UtcTime value) { return bind(name, millis(value)); }
    Query& bind(const char* name, const std::string& text) {
        statement_.bindNoCopy(statement_.placeOf(name), text);
        return *this;
    }
    Query& bind(const char* name, const char* text) {
        statement_.bindNoCopy(statement_.placeOf(name), text);
        return *this;
    }
    template <class Tag>
    Query& bind(const char* name, const Id<Tag>& id) {
        return bind(name, id.text());
    }
    template <class Value>
    Query& bind(const char* name, const std::optional<Value>& value) {
        return value ? bind(name, *value) : bindNull(name);
    }
    Query& bindNull(const char* name) {
        statement_.bind(statement_.placeOf(name));
        return *this;
    }
    Query& bindBlob(const char* name, std::string_view bytes) {
        statement_.bindNoCopy(statement_.placeOf(name), bytes.data(), static_cast<int>(bytes.size()));
        return *this;
    }
    Query& bindBlob(const char* name, const std::optional<std::string>& bytes) {
        return bytes ? bindBlob(name, std::string_view{*bytes}) : bindNull(name);
    }

    /// Moves to the next row; false when there is none.
    bool next() { return statement_.executeStep(); }
    /// Runs to the end and says how many rows it changed.
    int run() { return statement_.exec(); }

    std::int64_t number(int column) const { return statement_.getColumn(column).getInt64(); }
    bool flag(int column) const { return number(column) != 0; }
    UtcTime time(int column) const { return utc(number(column)); }
    std::string text(int column) const { return statement_.getColumn(column).getString(); }
    bool isNull(int column) const { return statement_.isColumnNull(column); }
    std::optional<std::int64_t> numberIfAny(int column) const {
        return isNull(column) ? std::nullopt : std::optional{number(column)};
    }
    std::optional<UtcTime> timeIfAny(int column) const {
        return isNull(column) ? std::nullopt : std::optional{time(column)};
    }
    /// Valid until the next step of this use.
    std::string_view blob(int column) const {
        const SQLite::Column value = statement_.getColumn(column);
        return {static_cast<const char*>(value.getBlob()), static_cast<std::size_t>(value.getBytes())};
    }

private:
    PreparedStatement& statement_;
};

}  // namespace tenants::sqlite
