#include "sandbox/rid_log.h"

#include <algorithm>
#include <utility>

namespace sandbox {
namespace {

constexpr std::size_t kRecordsMax = 1000;
constexpr std::size_t kBodyBytesMax = 4096;

}  // namespace

void RidLog::add(RidRecord record) {
    for (std::string* const body : {&record.request_body, &record.answer_body}) {
        if (body->size() > kBodyBytesMax) body->resize(kBodyBytesMax);
    }
    const std::scoped_lock lock{mutex_};
    records_.push_back(std::move(record));
    if (records_.size() > kRecordsMax) records_.pop_front();
}

std::optional<RidRecord> RidLog::find(std::string_view rid) const {
    const std::scoped_lock lock{mutex_};
    const auto found =
        std::find_if(records_.begin(), records_.end(), [rid](const RidRecord& record) { return record.rid == rid; });
    return found == records_.end() ? std::nullopt : std::optional{*found};
}

bool isRid(std::string_view text) {
    constexpr std::string_view kShape = "xxxxxxxx-xxxxxxxx-xxxxxxxx";
    return text.size() == kShape.size() &&
           std::equal(text.begin(), text.end(), kShape.begin(), [](char character, char place) {
               if (place == '-') return character == '-';
               return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f');
           });
}

}  // namespace sandbox
