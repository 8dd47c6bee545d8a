#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "tenants/base/key_ring.h"
#include "tenants/base/task.h"
#include "tenants/sqlite/sqlite_store.h"
#include "tests/support/contract/stores_under_test.h"
#include "tests/support/fake_clock.h"

namespace test_support {

/// A folder of its own that is gone with the test.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "tollgate-store-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;  // nothing depends on it, and a destructor must not throw
        std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

inline std::string fileBytes(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

inline tenants::KeyRing newKeyRing(const std::filesystem::path& path) {
    tenants::KeyRing::create(path);
    return tenants::KeyRing::load(path);
}

/// A store in a folder of its own, which a test can close and open again.
class StoreFixture : public testing::Test {
protected:
    StoreFixture() : keys_(newKeyRing(folder_.path() / "keys")) {}

    std::filesystem::path databasePath() const { return folder_.path() / "tollgate.db"; }

    std::unique_ptr<tenants::SqliteStore> openStore(tenants::SqliteSettings settings = {}) {
        return tenants::SqliteStore::open(databasePath(), keys_, {kComponent}, clock_, std::move(settings));
    }

    void addMerchant(tenants::SqliteStore& store, const std::string& id, std::int64_t day_limit = 100) const {
        const tenants::Merchant merchant{tenants::MerchantId{id}, "shop", false,     "", day_limit,
                                         beijingNoon(),           1,      kComponent};
        ASSERT_TRUE(tenants::runBlocking(store.merchants().add(merchant)));
    }

    static tenants::Reservation reservation(const std::string& merchant, const std::string& request) {
        tenants::Reservation reservation;
        reservation.merchant = tenants::MerchantId{merchant};
        reservation.request = tenants::RequestId{request};
        reservation.key = tenants::KeyId{"key_1"};
        reservation.x_request_id = "x-" + request;
        reservation.at = beijingNoon();
        reservation.expires_at = beijingNoon() + std::chrono::seconds{13};
        reservation.day = tenants::beijingDay(beijingNoon());
        reservation.upstream_day = tenants::beijingDay(beijingNoon());
        return reservation;
    }
    static tenants::Settlement settlement(const std::string& merchant, const std::string& request) {
        return {tenants::MerchantId{merchant},
                tenants::RequestId{request},
                tenants::Outcome::kRecognised,
                beijingNoon() + std::chrono::seconds{1},
                nullptr,
                std::nullopt};
    }
    static tenants::Authorization authorization(const std::string& merchant, const std::string& appid) {
        tenants::Authorization authorization;
        authorization.merchant = tenants::MerchantId{merchant};
        authorization.appid = tenants::AppId{appid};
        authorization.granted_sets = {117};
        authorization.event_at = beijingNoon();
        authorization.changed_at = beijingNoon();
        authorization.access_token = tenants::shareSecret("planted-access-" + merchant);
        authorization.access_expires_at = beijingNoon() + std::chrono::hours{2};
        authorization.refresh_token = tenants::shareSecret("planted-refresh-" + merchant);
        return authorization;
    }

    const TemporaryFolder folder_;
    const tenants::KeyRing keys_;
    FakeClock clock_{beijingNoon()};
};

}  // namespace test_support
