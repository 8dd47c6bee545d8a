#include "gateway/api/scan_forms.h"

#include "gateway/api/camel_case.h"
#include "gateway/api/cloud_form.h"
#include "gateway/api/drop_in_error.h"
#include "gateway/api/picture_form.h"

namespace gateway::api {
namespace {

http::Response renderAnswer(std::string body) {
    return http::textResponse(200, "application/json; charset=utf-8", std::move(body));
}

http::Response withCamelCase(http::Response response) {
    response.body = camelCased(response.body);
    return response;
}

ScanForm drivingForm() {
    ScanForm form;
    form.path = "/cv/ocr/driving";
    form.methods = {"POST", "GET"};
    form.body_bytes_max = kScanBodyBytesMax;
    form.read_picture = [](http::Request& request) { return readPicture(request); };
    form.render_answer = [](const tenants::ScanOutput& scan) { return renderAnswer(std::string{scan.body->expose()}); };
    form.render_error = &renderDropInError;
    form.render_fault = &renderDropInFault;
    return form;
}

ScanForm cloudForm(std::string path) {
    ScanForm form;
    form.path = std::move(path);
    form.methods = {"POST"};
    form.body_bytes_max = kCloudBodyBytesMax;
    form.read_picture = &readCloudPicture;
    form.render_answer = [](const tenants::ScanOutput& scan) { return renderAnswer(camelCased(scan.body->expose())); };
    form.render_error = [](const tenants::Error& error, std::string_view request_id, tenants::UtcTime now) {
        return withCamelCase(renderDropInError(error, request_id, now));
    };
    form.render_fault = [](std::string_view request_id) { return withCamelCase(renderDropInFault(request_id)); };
    return form;
}

}  // namespace

std::vector<ScanForm> scanForms() {
    return {drivingForm(), cloudForm("/openapi/ocr.vehicleLicense"), cloudForm("/openapi/ocr.drivingLicense")};
}

}  // namespace gateway::api
