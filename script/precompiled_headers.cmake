# A precompiled header for each target with more than a few files: parsing the standard library's headers, and the test
# framework's, is a good third of a clean build. Not one header for all targets: g++ takes it only where every macro on the
# command line is the same, and Poco's targets set some. Files include what they use all the same; script/check builds
# without this.
set(standard_headers
    <algorithm> <array> <atomic> <chrono> <condition_variable> <coroutine> <deque> <filesystem> <functional> <map>
    <memory> <mutex> <optional> <set> <span> <sstream> <stdexcept> <string> <string_view> <thread> <unordered_map>
    <utility> <variant> <vector>)

function(tollgate_use_precompiled_headers folder)
    get_property(subfolders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
    foreach(subfolder IN LISTS subfolders)
        tollgate_use_precompiled_headers(${subfolder})
    endforeach()
    get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
    foreach(target IN LISTS targets)
        get_target_property(type ${target} TYPE)
        if(NOT type MATCHES "^(STATIC_LIBRARY|EXECUTABLE)$")
            continue()
        endif()
        get_target_property(libraries ${target} LINK_LIBRARIES)
        get_target_property(sources ${target} SOURCES)
        list(LENGTH sources source_count)
        if("GTest::gtest_main" IN_LIST libraries AND source_count GREATER 2)
            target_precompile_headers(${target} PRIVATE ${standard_headers} <gmock/gmock.h> <gtest/gtest.h>)
        elseif(source_count GREATER 4)
            target_precompile_headers(${target} PRIVATE ${standard_headers})
        endif()
    endforeach()
endfunction()
tollgate_use_precompiled_headers(${PROJECT_SOURCE_DIR})
