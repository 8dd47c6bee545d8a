#include "recogniser/wire.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/SharedPtr.h>

#include <cmath>
#include <sstream>

namespace recogniser {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

Array::Ptr cornersJson(const Quad& corners) {
    Array::Ptr list = Poco::makeShared<Array>();
    for (const Point& corner : corners) {
        Array::Ptr point = Poco::makeShared<Array>();
        point->add(std::round(corner.x * 10) / 10);
        point->add(std::round(corner.y * 10) / 10);
        list->add(point);
    }
    return list;
}

Object::Ptr readingJson(const Reading& reading) {
    Object::Ptr size = Poco::makeShared<Object>();
    size->set("w", reading.image_size.width);
    size->set("h", reading.image_size.height);
    Object::Ptr fields = Poco::makeShared<Object>();
    for (const auto& [field, value] : reading.fields) {
        Object::Ptr entry = Poco::makeShared<Object>();
        entry->set("text", value.text);
        entry->set("confidence", value.confidence);
        entry->set("valid", value.valid);
        fields->set(std::string{fieldName(field)}, entry);
    }
    Object::Ptr json = Poco::makeShared<Object>();
    json->set("img_size", size);
    if (reading.front) json->set("front", cornersJson(*reading.front));
    if (reading.back) json->set("back", cornersJson(*reading.back));
    json->set("fields", fields);
    return json;
}

/// Throws Poco::Exception if the list is not four points.
Quad cornersFrom(const Array::Ptr& list) {
    Quad corners{};
    if (list.isNull() || list->size() != corners.size()) throw Poco::DataFormatException{"not four corners"};
    for (unsigned i = 0; i < corners.size(); ++i) {
        const Array::Ptr point = list->getArray(i);
        if (point.isNull() || point->size() != 2) throw Poco::DataFormatException{"not a point"};
        corners[i] = {point->getElement<double>(0), point->getElement<double>(1)};
    }
    return corners;
}

/// Throws Poco::Exception if something is missing or of the wrong type.
Reading readingFrom(const Object& json) {
    Reading reading;
    const Object::Ptr size = json.getObject("img_size");
    const Object::Ptr fields = json.getObject("fields");
    if (size.isNull() || fields.isNull()) throw Poco::DataFormatException{"no size or no fields"};
    reading.image_size = {size->getValue<int>("w"), size->getValue<int>("h")};
    if (json.has("front")) reading.front = cornersFrom(json.getArray("front"));
    if (json.has("back")) reading.back = cornersFrom(json.getArray("back"));
    for (const std::string& name : fields->getNames()) {
        const auto field = fieldOfName(name);
        const Object::Ptr entry = fields->getObject(name);
        if (!field || entry.isNull()) throw Poco::DataFormatException{"not a field"};
        reading.fields[*field] = {entry->getValue<std::string>("text"), entry->getValue<int>("confidence"),
                                  entry->getValue<bool>("valid")};
    }
    return reading;
}

}  // namespace

std::string toJson(const Outcome& outcome) {
    Object::Ptr json;
    if (const Failure* failure = std::get_if<Failure>(&outcome)) {
        json = Poco::makeShared<Object>();
        json->set("failure", std::string{failureName(*failure)});
    } else {
        json = readingJson(std::get<Reading>(outcome));
    }
    std::ostringstream text;
    json->stringify(text);
    return text.str();
}

std::optional<Outcome> outcomeFromJson(std::string_view json) {
    try {
        Poco::JSON::Parser parser;
        const auto object = parser.parse(std::string{json}).extract<Object::Ptr>();
        if (!object->has("failure")) return readingFrom(*object);
        const auto failure = failureOfName(object->getValue<std::string>("failure"));
        if (!failure) return std::nullopt;
        return *failure;
    } catch (const Poco::Exception&) {
        return std::nullopt;  // what a broken worker sends is an expected outcome for its reader
    }
}

}  // namespace recogniser
