#include <cstdlib>
#include <iostream>
#include <string>

#include "gateway/app/serve.h"
#include "gateway/app/settings.h"
#include "tests/simulation/shared_clock.h"

/// `tollgate serve --config FILE`, all of it, under a clock that the test moves: TOLLGATE_SIMULATED_CLOCK names its file.
int main(int argc, char** argv) {
    const char* const clock_file =
        std::getenv("TOLLGATE_SIMULATED_CLOCK");  // NOLINT(concurrency-mt-unsafe): no threads yet
    if (argc != 4 || std::string{argv[1]} != "serve" || std::string{argv[2]} != "--config" || clock_file == nullptr) {
        std::cerr << "usage: TOLLGATE_SIMULATED_CLOCK=FILE simulated_gateway serve --config FILE\n";
        return 2;
    }
    try {
        const simulation::SharedClock clock{clock_file};
        return gateway::app::serve([&] { return gateway::app::loadSettings(argv[3], gateway::app::systemEnvironment); },
                                   clock);
    } catch (const std::exception& failure) {
        std::cerr << "error: " << failure.what() << '\n';
        return 1;
    }
}
