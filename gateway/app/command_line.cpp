#include "gateway/app/command_line.h"

#include <algorithm>
#include <utility>

namespace gateway::app {

std::string counted(std::int64_t count, std::string_view one, std::string_view several) {
    return std::to_string(count).append(" ").append(count == 1 ? one : several);
}

Options::Options(const std::vector<std::string>& words, const std::vector<std::string_view>& known,
                 const std::vector<std::string_view>& repeatable, const std::vector<std::string_view>& flags) {
    const auto is_in = [](const std::vector<std::string_view>& names, const std::string& name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (!words[i].starts_with("--")) throw UsageError("unexpected word: " + words[i]);
        const std::size_t equals = words[i].find('=');
        const std::string name = words[i].substr(2, equals == std::string::npos ? equals : equals - 2);
        const bool repeats = is_in(repeatable, name);
        const bool is_flag = is_in(flags, name);
        if (!repeats && !is_flag && !is_in(known, name)) throw UsageError("unknown option: --" + name);
        if (!repeats && values_.contains(name)) throw UsageError("--" + name + " is given twice");
        std::string value;
        if (is_flag) {
            if (equals != std::string::npos) throw UsageError("--" + name + " has no value");
        } else if (equals != std::string::npos) {
            value = words[i].substr(equals + 1);
        } else {
            if (++i == words.size()) throw UsageError("--" + name + " needs a value");
            value = words[i];
        }
        // Such as a variable of the shell that nobody set: --merchant without one is everybody.
        if (!is_flag && value.empty()) throw UsageError("--" + name + " needs a value");
        values_.emplace(name, std::move(value));
    }
}

std::string Options::needed(const std::string& name) const {
    std::string found = value(name, "");
    if (found.empty()) throw UsageError("--" + name + " is needed");
    return found;
}

std::string Options::value(const std::string& name, std::string otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
}

std::vector<std::string> Options::values(const std::string& name) const {
    std::vector<std::string> found;
    const auto [begin, end] = values_.equal_range(name);
    for (auto value = begin; value != end; ++value) found.push_back(value->second);
    return found;
}

}  // namespace gateway::app
