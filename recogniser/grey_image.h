#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace recogniser {

/// An 8-bit grey picture, 0 black to 255 white, rows without padding. A plain value: copying copies the pixels.
class GreyImage {
public:
    GreyImage() = default;
    GreyImage(int width, int height, std::uint8_t fill = 255);

    int width() const noexcept { return width_; }
    int height() const noexcept { return height_; }
    bool empty() const noexcept { return pixels_.empty(); }
    const std::uint8_t* data() const noexcept { return pixels_.data(); }

    std::uint8_t at(int x, int y) const { return pixels_[offset(x, y)]; }
    void set(int x, int y, std::uint8_t value) { pixels_[offset(x, y)] = value; }
    const std::uint8_t* row(int y) const { return pixels_.data() + offset(0, y); }
    std::uint8_t* row(int y) { return pixels_.data() + offset(0, y); }

    /// The value between pixels, bilinear; outside the picture the nearest edge pixel.
    double sample(double x, double y) const;

    /// The same picture at half the size, each pixel the mean of four; a last odd row or column is dropped.
    GreyImage halved() const;

    /// The part from (left, top), cut to the picture's own area.
    GreyImage cropped(int left, int top, int width, int height) const;

private:
    std::size_t offset(int x, int y) const {
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x);
    }

    int width_ = 0;
    int height_ = 0;
    std::vector<std::uint8_t> pixels_;
};

/// One picture at full, half, quarter ... size, down to some 16 pixels.
class Pyramid {
public:
    explicit Pyramid(GreyImage full);

    std::size_t levels() const noexcept { return levels_.size(); }
    const GreyImage& level(std::size_t index) const { return levels_[index]; }
    const GreyImage& full() const { return levels_.front(); }

private:
    std::vector<GreyImage> levels_;
};

/// Sums over any rectangle of a picture in constant time (a summed-area table).
class AreaSums {
public:
    explicit AreaSums(const GreyImage& image);

    int width() const noexcept { return width_; }
    int height() const noexcept { return height_; }

    /// The mean over [left, right) x [top, bottom), the rectangle cut to the picture; 0 where nothing is left of it.
    double mean(int left, int top, int right, int bottom) const;

private:
    int width_;
    int height_;
    std::vector<std::uint32_t> sums_;  // (width + 1) x (height + 1); 64 megapixels of 255 would overflow, 16 do not
};

/// How much darker each pixel is than its surroundings, 0 to 255: print becomes bright, paper, shadow and light
/// falling off become 0. `window` is the side in pixels of the square that counts as surroundings.
GreyImage inkOf(const GreyImage& image, int window);

}  // namespace recogniser
