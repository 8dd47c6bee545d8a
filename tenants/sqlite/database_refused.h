#pragma once

#include <stdexcept>

namespace tenants::sqlite {

/// The database cannot be used as it is: in use, newer, foreign, altered or damaged. The text names the file.
class DatabaseRefused : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace tenants::sqlite
