#include "sandbox/platform_answer.h"

#include "sandbox/json.h"
#include "sandbox/random_text.h"

namespace sandbox {

PlatformAnswer successAnswer(const Poco::JSON::Object::Ptr& object) {
    PlatformAnswer answer;
    answer.body = render(object);
    return answer;
}

PlatformAnswer refusalAnswer(const Refusal& refusal) {
    auto object = newObject();
    object->set("errcode", refusal.errcode);
    object->set("errmsg", refusal.text + " rid: " + newRid());
    PlatformAnswer answer = successAnswer(object);
    answer.noted = std::int64_t{refusal.errcode};
    return answer;
}

}  // namespace sandbox
