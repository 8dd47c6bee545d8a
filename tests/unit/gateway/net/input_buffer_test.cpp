#include "gateway/net/input_buffer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace gateway::net {
namespace {

void receive(InputBuffer& buffer, const std::string& bytes, std::size_t bytes_max) {
    for (std::size_t done = 0; done < bytes.size();) {
        const std::span<char> room = buffer.room(bytes_max);
        const std::size_t count = std::min(room.size(), bytes.size() - done);
        std::memcpy(room.data(), bytes.data() + done, count);
        buffer.added(count);
        done += count;
    }
}

TEST(InputBuffer, BytesStayInOrderWhileItGrows) {
    InputBuffer buffer;
    std::string all;
    for (int i = 0; i < 16 * 1024; ++i) all.push_back(static_cast<char>('a' + i % 26));

    receive(buffer, all, 16 * 1024);

    EXPECT_EQ(buffer.bytes(), all);
}

TEST(InputBuffer, RoomIsNeverMoreThanTheLimitNeeds) {
    InputBuffer buffer;

    EXPECT_EQ(buffer.room(100).size(), 100U);
    buffer.added(100);
    buffer.consume(40);

    EXPECT_EQ(buffer.room(100).size(), 40U);
    EXPECT_EQ(buffer.bytes().size(), 60U);
}

TEST(InputBuffer, AppendedBytesFollowWhatIsThere) {
    InputBuffer buffer;
    receive(buffer, "headbody", 8);
    buffer.consume(2);

    buffer.append(std::string(10'000, 'x'));

    EXPECT_EQ(buffer.bytes(), "adbody" + std::string(10'000, 'x'));
}

TEST(InputBuffer, ReleasedBufferBeginsAnew) {
    InputBuffer buffer;
    receive(buffer, "abc", 100);
    buffer.consume(3);
    ASSERT_TRUE(buffer.empty());

    buffer.release();

    EXPECT_TRUE(buffer.bytes().empty());
    receive(buffer, "d", 100);
    EXPECT_EQ(buffer.bytes(), "d");
}

}  // namespace
}  // namespace gateway::net
