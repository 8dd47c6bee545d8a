#include "gateway/api/scan_forms.h"

#include <Poco/JSONString.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

#include "gateway/api/camel_case.h"
#include "gateway/api/cloud_form.h"
#include "gateway/api/drop_in_error.h"
#include "gateway/api/problem_error.h"
#include "tenants/base/digest.h"

namespace gateway::api {
namespace {

http::Response renderAnswer(std::string body) {
    return http::textResponse(200, "application/json; charset=utf-8", std::move(body));
}

http::Response withCamelCase(http::Response response) {
    response.body = camelCased(response.body);
    return response;
}

ScanForm drivingForm(std::size_t image_bytes_max, std::size_t frame_bytes_max) {
    ScanForm form;
    form.path = "/cv/ocr/driving";
    form.methods = {"POST", "GET"};
    form.image_bytes_max = image_bytes_max;
    form.body_bytes_max = image_bytes_max + 1 + frame_bytes_max;
    form.read_picture = [](http::Request& request, std::size_t most) { return readPicture(request, most); };
    form.render_answer = [](const tenants::ScanOutput& scan, const tenants::MerchantId&) {
        return renderAnswer(std::string{scan.body->expose()});
    };
    form.render_error = &renderDropInError;
    form.render_fault = &renderDropInFault;
    return form;
}

ScanForm cloudForm(std::string path, std::size_t image_bytes_max, std::size_t frame_bytes_max) {
    ScanForm form;
    form.path = std::move(path);
    form.methods = {"POST"};
    form.image_bytes_max = image_bytes_max;
    form.body_bytes_max = cloudBodyBytesMax(image_bytes_max, frame_bytes_max);
    form.read_picture = &readCloudPicture;
    form.render_answer = [](const tenants::ScanOutput& scan, const tenants::MerchantId&) {
        return renderAnswer(camelCased(scan.body->expose()));
    };
    form.render_error = [](const tenants::Error& error, std::string_view request_id, tenants::UtcTime now) {
        return withCamelCase(renderDropInError(error, request_id, now));
    };
    form.render_fault = [](std::string_view request_id) { return withCamelCase(renderDropInFault(request_id)); };
    return form;
}

/// The receipt: what proves later that this scan is in the ledger, and nothing else in its place.
std::string receiptJson(const tenants::Receipt& receipt, const tenants::RequestId& request,
                        const tenants::MerchantId& merchant) {
    return "{\"merchant\":" + Poco::toJSON(merchant.text()) + ",\"entry\":" + std::to_string(receipt.number) +
           ",\"id\":" + Poco::toJSON(receipt.entry.text()) + ",\"hash\":\"" + tenants::hexText(receipt.hash) +
           "\",\"request_id\":" + Poco::toJSON(request.text()) + ",\"period\":\"" + receipt.period.text() + "\"}";
}

/// As docs/ledger-format.md writes heads: what `ledger verify --expect` and the verifier take.
std::string headText(const tenants::Receipt& receipt, const tenants::MerchantId& merchant) {
    return merchant.text() + "=" + std::to_string(receipt.number) + ":" + tenants::hexText(receipt.hash);
}

http::Response renderWithReceipt(const tenants::ScanOutput& scan, const tenants::MerchantId& merchant) {
    if (!scan.receipt) throw std::logic_error("a scan was answered without a charge");
    // WeChat's answer stands there byte for byte: it was read as a JSON object before it was charged.
    auto response = renderAnswer("{\"licence\":" + std::string{scan.body->expose()} +
                                 ",\"receipt\":" + receiptJson(*scan.receipt, scan.request, merchant) + "}");
    response.headers.set("Tollgate-Receipt", headText(*scan.receipt, merchant));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

ScanForm modernForm(std::size_t image_bytes_max, std::size_t frame_bytes_max) {
    ScanForm form;
    form.path = "/v1/licences:scan";
    form.methods = {"POST"};
    form.image_bytes_max = image_bytes_max;
    form.body_bytes_max = image_bytes_max + 1 + frame_bytes_max;
    form.read_picture = [](http::Request& request, std::size_t most) { return readPicture(request, most); };
    form.render_answer = &renderWithReceipt;
    form.render_error = &renderProblem;
    form.render_fault = &renderProblemFault;
    form.tells_quota = true;
    return form;
}

}  // namespace

std::vector<ScanForm> scanForms(std::size_t image_bytes_max, std::size_t frame_bytes_max) {
    return {drivingForm(image_bytes_max, frame_bytes_max),
            cloudForm("/openapi/ocr.vehicleLicense", image_bytes_max, frame_bytes_max),
            cloudForm("/openapi/ocr.drivingLicense", image_bytes_max, frame_bytes_max),
            modernForm(image_bytes_max, frame_bytes_max)};
}

}  // namespace gateway::api
