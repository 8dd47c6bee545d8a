#include <string>
#include <vector>

#include "gateway/app/commands.h"

int main(int argc, char** argv) {
    return gateway::app::runCommand({argv + 1, argv + argc});
}
