#include "sandbox/platform_answer.h"

#include "sandbox/json.h"

namespace sandbox {

PlatformAnswer successAnswer(const Poco::JSON::Object::Ptr& object) {
    PlatformAnswer answer;
    answer.body = render(object);
    return answer;
}

PlatformAnswer doneAnswer() {
    auto object = newObject();
    object->set("errcode", 0);
    object->set("errmsg", std::string{"ok"});
    return successAnswer(object);
}

PlatformAnswer refusalAnswer(const Refusal& refusal) {
    PlatformAnswer answer;
    answer.refused = refusal;
    answer.noted = std::int64_t{refusal.errcode};
    return answer;
}

}  // namespace sandbox
