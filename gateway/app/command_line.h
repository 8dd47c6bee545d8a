#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::app {

/// The command line is wrong; `what()` says how.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The options of one command: `--name VALUE` or `--name=VALUE`, each at most once unless it is `repeatable`. No secret is ever one of them.
class Options {
public:
    /// Throws UsageError on an option that is not known, a missing value, or a word that is no option.
    Options(const std::vector<std::string>& words, const std::vector<std::string_view>& known,
            const std::vector<std::string_view>& repeatable = {}, const std::vector<std::string_view>& flags = {});

    /// Throws UsageError where it is absent or empty.
    std::string needed(const std::string& name) const;
    std::string value(const std::string& name, std::string otherwise) const;
    /// Whether a flag, which has no value, is there.
    bool flag(const std::string& name) const { return values_.contains(name); }
    /// Of a repeatable one, in the order in which they were given.
    std::vector<std::string> values(const std::string& name) const;

private:
    std::multimap<std::string, std::string> values_;
};

/// A number with its noun: "1 entry", "2 entries".
std::string counted(std::int64_t count, std::string_view one, std::string_view several);

}  // namespace gateway::app
