#pragma once

#include "gateway/app/background_tasks.h"
#include "tenants/base/patience.h"

namespace gateway::app {

/// Patience by the timers of event loops. Work that is not waited for any more is a background task, so that a shutdown
/// waits for it. On the threads of loops only.
class LoopPatience final : public tenants::Patience {
public:
    explicit LoopPatience(BackgroundTasks& background) : background_(background) {}

    tenants::Task<bool> waitFor(tenants::Task<void> work, tenants::SteadyTime deadline) override;

private:
    BackgroundTasks& background_;
};

}  // namespace gateway::app
