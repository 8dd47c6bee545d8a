#include "recogniser/frame.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>

namespace recogniser {
namespace {

/// Two connected stream sockets, closed with the test.
class Frame : public ::testing::Test {
protected:
    Frame() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()), 0); }
    ~Frame() override {
        for (const int end : ends_) {
            if (end >= 0) ::close(end);
        }
    }

    int near() const { return ends_[0]; }
    int far() const { return ends_[1]; }
    void closeFar() {
        ::close(ends_[1]);
        ends_[1] = -1;
    }
    void sendRaw(std::string_view bytes) {
        ASSERT_EQ(::write(far(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    }

private:
    std::array<int, 2> ends_{-1, -1};
};

TEST_F(Frame, LengthComesFirstHighestByteFirst) {
    const std::string payload(258, 'x');

    ASSERT_EQ(writeFrame(near(), payload), FrameResult::kDone);

    std::array<char, 4> header{};
    ASSERT_EQ(::read(far(), header.data(), header.size()), 4);
    EXPECT_EQ((std::string{header.data(), 4}), (std::string{"\0\0\1\2", 4}));
}

TEST_F(Frame, ArrivesAsSentAlsoWhenEmpty) {
    std::string received = "old";

    ASSERT_EQ(writeFrame(near(), std::string_view{}), FrameResult::kDone);
    ASSERT_EQ(writeFrame(near(), std::string_view{"a\0b", 3}), FrameResult::kDone);

    ASSERT_EQ(readFrame(far(), received), FrameResult::kDone);
    EXPECT_EQ(received, "");
    ASSERT_EQ(readFrame(far(), received), FrameResult::kDone);
    EXPECT_EQ(received, (std::string{"a\0b", 3}));
}

TEST_F(Frame, CutInTheHeaderOrTheBodyIsClosed) {
    for (const std::string_view bytes : {std::string_view{"\0\0", 2}, std::string_view{"\0\0\0\5ab", 6}}) {
        std::array<int, 2> ends{};
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        ASSERT_EQ(::write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
        ::close(ends[1]);
        std::string received;

        EXPECT_EQ(readFrame(ends[0], received), FrameResult::kClosed);

        ::close(ends[0]);
    }
}

TEST_F(Frame, AnnouncedLengthAboveTheLimitIsRefusedUnread) {
    sendRaw(std::string_view{"\1\0\0\1", 4});
    std::string received;

    EXPECT_EQ(readFrame(near(), received), FrameResult::kTooLong);
    EXPECT_TRUE(received.empty());
}

TEST_F(Frame, PayloadAboveTheLimitIsNotSent) {
    EXPECT_THROW((void)writeFrame(near(), std::string(kFrameBytesMax + 1, 'x')), std::length_error);
}

TEST_F(Frame, DeadlineEndsWaitingForASilentOrAFullOtherEnd) {
    ASSERT_EQ(::fcntl(near(), F_SETFL, O_NONBLOCK), 0);
    const auto soon = [] { return std::chrono::steady_clock::now() + std::chrono::milliseconds{20}; };
    std::string received;

    EXPECT_EQ(readFrame(near(), received, soon()), FrameResult::kTimedOut);
    EXPECT_EQ(writeFrame(near(), std::string(8 * 1024 * 1024, 'x'), soon()), FrameResult::kTimedOut);
}

TEST_F(Frame, WritingToAClosedEndIsClosedAndRaisesNoSignal) {
    closeFar();

    EXPECT_EQ(writeFrame(near(), std::string_view{"picture"}), FrameResult::kClosed);
}

}  // namespace
}  // namespace recogniser
