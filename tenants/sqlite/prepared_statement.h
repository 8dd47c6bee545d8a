#pragma once

#include <SQLiteCpp/Statement.h>

#include <cstddef>
#include <string>
#include <vector>

namespace tenants::sqlite {

/// A statement that remembers where its parameters are. SQLite searches a name among all of a statement's names each time,
/// which was a twelfth of the writer's work; nearly every use binds the same names in the same order. One thread.
class PreparedStatement : public SQLite::Statement {
public:
    using SQLite::Statement::Statement;

    /// The number of the parameter `name`, ":merchant"; 0, where nothing can be bound, if the statement has none of that name.
    int placeOf(const char* name) {
        if (next_ == known_.size()) next_ = 0;
        if (next_ < known_.size() && known_[next_].name == name) return known_[next_++].place;
        return search(name);
    }

private:
    struct Parameter {
        std::string name;
        int place;
    };

    int search(const char* name) {
        for (next_ = 0; next_ < known_.size(); ++next_) {
            if (known_[next_].name == name) return known_[next_++].place;
        }
        known_.push_back({name, getIndex(name)});
        next_ = known_.size();
        return known_.back().place;
    }

    std::vector<Parameter> known_;  // in the order of their first use
    std::size_t next_ = 0;          // the one that was bound after the last one before
};

}  // namespace tenants::sqlite
