#include "gateway/app/command_line.h"

#include <algorithm>
#include <utility>

namespace gateway::app {

Options::Options(const std::vector<std::string>& words, const std::vector<std::string_view>& known) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (!words[i].starts_with("--")) throw UsageError("unexpected word: " + words[i]);
        const std::size_t equals = words[i].find('=');
        const std::string name = words[i].substr(2, equals == std::string::npos ? equals : equals - 2);
        if (std::find(known.begin(), known.end(), name) == known.end()) throw UsageError("unknown option: --" + name);
        std::string value;
        if (equals != std::string::npos) {
            value = words[i].substr(equals + 1);
        } else {
            if (++i == words.size()) throw UsageError("--" + name + " needs a value");
            value = words[i];
        }
        if (!values_.emplace(name, std::move(value)).second) throw UsageError("--" + name + " is given twice");
    }
}

std::string Options::needed(const std::string& name) const {
    std::string found = value(name, "");
    if (found.empty()) throw UsageError("--" + name + " is needed");
    return found;
}

std::string Options::value(const std::string& name, std::string otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::move(otherwise) : found->second;
}

}  // namespace gateway::app
