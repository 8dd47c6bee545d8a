#include "gateway/app/command_line.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/app/commands.h"

namespace gateway::app {
namespace {

TEST(Options, BothFormsAreRead) {
    const Options options{{"--config", "a.properties", "--label=x=y"}, {"config", "label"}};

    EXPECT_EQ(options.needed("config"), "a.properties");
    EXPECT_EQ(options.value("label", ""), "x=y");
}

TEST(Options, MistakesAreRefused) {
    const std::vector<std::vector<std::string>> mistakes{
        {"--confg", "a"}, {"--config"}, {"a"}, {"--config", "a", "--config", "b"}, {"-c", "a"}};
    for (const auto& words : mistakes) EXPECT_THROW((Options{words, {"config"}}), UsageError) << words[0];
    EXPECT_THROW((Options{{}, {"config"}}.needed("config")), UsageError);
    EXPECT_THROW((Options{{"--config="}, {"config"}}.needed("config")), UsageError);
}

TEST(Commands, WrongCommandLinesExitWithTwo) {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{}, {"fly"}, {"serve"}, {"secrets"}, {"admin-token"}, {"serve", "--port", "1"}}) {
        EXPECT_EQ(runCommand(words), kExitUsage) << (words.empty() ? "" : words[0]);
    }
}

TEST(Commands, MissingConfigurationExitsWithThree) {
    EXPECT_EQ(runCommand({"serve", "--config", "/nowhere/tollgate.properties"}), kExitSettings);
}

TEST(Commands, HelpIsThereForAllAndForEach) {
    EXPECT_EQ(runCommand({"--help"}), kExitDone);
    EXPECT_EQ(runCommand({"serve", "--help"}), kExitDone);
    EXPECT_EQ(runCommand({"admin-token", "create", "--help"}), kExitDone);
}

}  // namespace
}  // namespace gateway::app
