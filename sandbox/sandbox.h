#pragma once

#include <cstdint>
#include <memory>

#include "sandbox/log.h"
#include "sandbox/ocr_api.h"
#include "sandbox/options.h"
#include "tenants/base/clock.h"

namespace sandbox {

/// The whole emulated platform in one object: both listeners, the pusher, the state and its file. Tests run it in their own
/// process, `tollgate-sandbox` runs it as a program.
class Sandbox {
public:
    /// Reads the state and starts everything; serves when this returns. Where `reader` is empty, pictures are read by
    /// worker processes. `clock` outlives it. Throws what names the setting, file or address that is at fault; a data
    /// folder that another sandbox uses is refused.
    Sandbox(const Options& options, const tenants::Clock& clock, Log::Sink log_sink, PictureReader reader = {});
    /// Breaks off what runs, ends the workers and writes the state.
    ~Sandbox();
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;

    std::uint16_t platformPort() const;
    std::uint16_t controlPort() const;

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace sandbox
