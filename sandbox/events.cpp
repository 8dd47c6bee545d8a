#include "sandbox/events.h"

#include <chrono>
#include <utility>
#include <vector>

namespace sandbox {
namespace {

using Element = std::pair<std::string_view, std::string>;

std::string secondsText(tenants::UtcTime time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

/// None of our texts holds "]]>" or a character that XML forbids; markup characters can come in with a chosen appid.
std::string escaped(std::string_view text) {
    std::string result;
    for (const char character : text) {
        switch (character) {
            case '<': result += "&lt;"; break;
            case '>': result += "&gt;"; break;
            case '&': result += "&amp;"; break;
            default: result += character;
        }
    }
    return result;
}

std::string element(std::string_view name, std::string_view text, bool cdata) {
    std::string xml;
    xml.append("<").append(name).append(">");
    xml += cdata ? "<![CDATA[" + std::string{text} + "]]>" : escaped(text);
    xml.append("</").append(name).append(">");
    return xml;
}

Event addEvent(State& state, Component& component, std::string_view info_type, const std::string& appid,
               const std::vector<Element>& elements, tenants::UtcTime now) {
    Event event{.number = ++state.last_event_number,
                .component_appid = component.keys.appid,
                .info_type = std::string{info_type},
                .appid = appid,
                .message_xml = {},
                .created_at = now};
    const bool cdata = event.number % 2 == 1;
    event.message_xml = "<xml>" + element("AppId", component.keys.appid, cdata) +
                        element("CreateTime", secondsText(now), false) + element("InfoType", info_type, cdata);
    for (const auto& [name, text] : elements) event.message_xml += element(name, text, cdata);
    event.message_xml += "</xml>";
    component.outbox.push_back(event);
    return event;
}

}  // namespace

Event addTicketEvent(State& state, Component& component, const Ticket& ticket, bool by_timer) {
    Event event =
        addEvent(state, component, kTicketEvent, "", {{"ComponentVerifyTicket", ticket.text}}, ticket.issued_at);
    event.by_timer = by_timer;
    component.outbox.back().by_timer = by_timer;
    return event;
}

Event addAuthorizationEvent(State& state, Component& component, std::string_view info_type,
                            const AuthorizationCode& code, const std::string& pre_auth_code, tenants::UtcTime now) {
    return addEvent(state, component, info_type, code.appid,
                    {{"AuthorizerAppid", code.appid},
                     {"AuthorizationCode", code.text},
                     {"AuthorizationCodeExpiredTime", secondsText(code.expires_at)},
                     {"PreAuthCode", pre_auth_code}},
                    now);
}

Event addUnauthorizedEvent(State& state, Component& component, const std::string& appid, tenants::UtcTime now) {
    return addEvent(state, component, kUnauthorizedEvent, appid, {{"AuthorizerAppid", appid}}, now);
}

void removeEvent(Component& component, std::int64_t number) {
    std::erase_if(component.outbox, [number](const Event& event) { return event.number == number; });
}

}  // namespace sandbox
