#include "sandbox/event_script.h"

#include <algorithm>
#include <utility>

namespace sandbox {

EventScript::Decision EventScript::decide(Event event) {
    Decision decision;
    if (!plan_.concerns(event)) {
        decision.events.push_back(std::move(event));
        return decision;
    }
    if (plan_.drop > 0) {
        --plan_.drop;
        decision.kind = Decision::Kind::kDrop;
        return decision;
    }
    held_.push_back(std::move(event));
    if (plan_.reorder > 0 && --plan_.reorder > 0) {
        decision.kind = Decision::Kind::kHold;
        return decision;
    }
    decision.events = std::exchange(held_, {});
    std::reverse(decision.events.begin(), decision.events.end());
    if (plan_.duplicate > 0) {
        --plan_.duplicate;
        decision.copies = 2;
    }
    if (plan_.delayed > 0) {
        --plan_.delayed;
        decision.delay = plan_.delay;
    }
    return decision;
}

std::vector<Event> EventScript::clear() {
    plan_ = {};
    return std::exchange(held_, {});
}

}  // namespace sandbox
