#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/state.h"

namespace sandbox {

/// What the sandbox is told at its start; docs/sandbox.md lists every key.
struct Options {
    std::string listen_address = "127.0.0.1";  // a loopback address: there is no protection beyond that
    std::uint16_t platform_port = 9443;        // 0: any free one
    std::uint16_t control_port = 9444;         // 0: any free one
    std::filesystem::path certificate_file;
    std::filesystem::path key_file;
    std::filesystem::path data_folder;
    struct ConfiguredComponent {
        ComponentKeys keys;
        std::optional<std::string> events_url = {};  // left out: as the console was left
        std::optional<std::string> messages_url = {};
    };
    std::vector<ConfiguredComponent> components;  // at least one; the control API means the first unless told otherwise
    std::filesystem::path
        push_authority_file;  // whom an https events URL is trusted by; empty: the system's authorities
    std::filesystem::path recogniser_program;
    int recogniser_workers = 1;
    std::chrono::milliseconds recogniser_deadline{5000};
    std::filesystem::path samples_folder;
    int too_large_errcode = 40009;
    std::filesystem::path ready_file;  // empty: none is written
};

/// The value of an environment variable, or nothing.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Reads `file` (Java properties), each key overridden by TOLLGATE_SANDBOX_<KEY> with dots as underscores. Throws
/// std::invalid_argument that names the key: unknown, missing, or out of its range; std::runtime_error where the file
/// cannot be read. Values of secrets are never shown.
Options readOptions(const std::filesystem::path& file, const Environment& environment);

}  // namespace sandbox
