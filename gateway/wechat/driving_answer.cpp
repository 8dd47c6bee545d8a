#include "gateway/wechat/driving_answer.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "gateway/json/json_outline.h"
#include "gateway/wechat/answer_status.h"

namespace gateway::wechat {
namespace {

constexpr std::string_view kOldTypeName = "vhicle_type";
constexpr std::string_view kTypeName = "vehicle_type";

constexpr std::array<std::string_view, 18> kLicenceFields{"plate_num",
                                                          "vehicle_type",
                                                          "vhicle_type",
                                                          "owner",
                                                          "addr",
                                                          "use_character",
                                                          "model",
                                                          "vin",
                                                          "engine_num",
                                                          "register_date",
                                                          "issue_date",
                                                          "plate_num_b",
                                                          "record",
                                                          "overall_size",
                                                          "passengers_num",
                                                          "total_quality",
                                                          "prepare_quality",
                                                          "totalprepare_quality_quality"};

bool hasLicenceField(const json::JsonOutline& answer) {
    return std::ranges::any_of(answer.members, [](const json::JsonMember& member) {
        return member.kind == json::JsonKind::kString &&
               std::ranges::find(kLicenceFields, member.name) != kLicenceFields.end();
    });
}

}  // namespace

std::variant<tenants::UpstreamAnswer, std::string> readDrivingAnswer(std::string body) {
    const auto outline = json::outlineJsonObject(body);
    if (!outline) return std::string{"answer_not_json"};
    auto status = readAnswerStatus(*outline);
    if (!status) return std::string{"answer_errcode_unreadable"};

    tenants::UpstreamAnswer answer;
    answer.errcode = status->errcode;
    answer.errmsg = std::move(status->errmsg);
    answer.rid = std::move(status->rid);
    answer.has_licence = answer.errcode == 0 && hasLicenceField(*outline);
    const json::JsonMember* old_name = outline->find(kOldTypeName);
    if (old_name != nullptr && outline->find(kTypeName) == nullptr) {
        const auto at = static_cast<std::size_t>(old_name->name.data() - body.data());
        body.replace(at, kOldTypeName.size(), kTypeName);
    }
    answer.body = std::move(body);
    return answer;
}

}  // namespace gateway::wechat
