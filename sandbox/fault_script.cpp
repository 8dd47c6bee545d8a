#include "sandbox/fault_script.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sandbox {
namespace {

constexpr std::array kModes{FaultMode::kErrcode,    FaultMode::kCut,     FaultMode::kReset,
                            FaultMode::kEarlyReset, FaultMode::kSilent,  FaultMode::kDrip,
                            FaultMode::kHttp500,    FaultMode::kNotJson, FaultMode::kDelay};

}  // namespace

std::string_view faultModeName(FaultMode mode) {
    switch (mode) {
        case FaultMode::kErrcode: return "errcode";
        case FaultMode::kCut: return "cut";
        case FaultMode::kReset: return "reset";
        case FaultMode::kEarlyReset: return "early_reset";
        case FaultMode::kSilent: return "silent";
        case FaultMode::kDrip: return "drip";
        case FaultMode::kHttp500: return "http500";
        case FaultMode::kNotJson: return "not_json";
        case FaultMode::kDelay: return "delay";
    }
    return "";
}

std::optional<FaultMode> faultModeOfName(std::string_view name) {
    const auto found =
        std::find_if(kModes.begin(), kModes.end(), [name](FaultMode mode) { return faultModeName(mode) == name; });
    return found == kModes.end() ? std::nullopt : std::optional{*found};
}

bool faultDoesTheWork(FaultMode mode) {
    switch (mode) {
        case FaultMode::kCut:
        case FaultMode::kReset:
        case FaultMode::kSilent:
        case FaultMode::kDrip:
        case FaultMode::kDelay: return true;
        case FaultMode::kErrcode:
        case FaultMode::kEarlyReset:
        case FaultMode::kHttp500:
        case FaultMode::kNotJson: return false;
    }
    return false;
}

void FaultScript::add(Fault fault) {
    const std::scoped_lock lock{mutex_};
    faults_.push_back(std::move(fault));
}

std::optional<Fault> FaultScript::takeEarlyReset(std::string_view path, std::string_view appid) {
    const std::scoped_lock lock{mutex_};
    const auto found = std::find_if(faults_.begin(), faults_.end(), [path, appid](const Fault& fault) {
        return fault.path == path && (fault.appid.empty() || fault.appid == appid);
    });
    if (found == faults_.end() || found->mode != FaultMode::kEarlyReset) return std::nullopt;
    return use(found);
}

std::optional<Fault> FaultScript::take(std::string_view path, std::string_view appid,
                                       std::string_view authorizer_appid) {
    const std::scoped_lock lock{mutex_};
    const auto found = std::find_if(faults_.begin(), faults_.end(), [&](const Fault& fault) {
        const bool meant = fault.appid.empty() || fault.appid == appid || fault.appid == authorizer_appid;
        return fault.path == path && meant && fault.mode != FaultMode::kEarlyReset;
    });
    if (found == faults_.end()) return std::nullopt;
    return use(found);
}

Fault FaultScript::use(std::vector<Fault>::iterator fault) {
    Fault used = *fault;
    if (--fault->count <= 0) faults_.erase(fault);
    return used;
}

std::vector<Fault> FaultScript::planned() const {
    const std::scoped_lock lock{mutex_};
    return faults_;
}

void FaultScript::clear() {
    const std::scoped_lock lock{mutex_};
    faults_.clear();
}

void AnswerScript::set(ScriptedAnswer answer) {
    const std::scoped_lock lock{mutex_};
    std::erase_if(answers_, [&answer](const ScriptedAnswer& known) { return known.path == answer.path; });
    answers_.push_back(std::move(answer));
}

std::optional<std::string> AnswerScript::take(std::string_view path) {
    const std::scoped_lock lock{mutex_};
    const auto found = std::find_if(answers_.begin(), answers_.end(),
                                    [path](const ScriptedAnswer& answer) { return answer.path == path; });
    if (found == answers_.end()) return std::nullopt;
    std::string body = found->body;
    if (found->count && --*found->count <= 0) answers_.erase(found);
    return body;
}

std::vector<ScriptedAnswer> AnswerScript::planned() const {
    const std::scoped_lock lock{mutex_};
    return answers_;
}

void AnswerScript::clear() {
    const std::scoped_lock lock{mutex_};
    answers_.clear();
}

}  // namespace sandbox
