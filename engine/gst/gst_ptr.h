#pragma once
// Owning pointers for GObject and GstMiniObject types. A plain C pointer always borrows.
#include <gst/gst.h>

#include <concepts>
#include <memory>
#include <utility>

namespace trunkline::gst {

template <class T>
concept MiniObject = std::same_as<T, GstCaps> || std::same_as<T, GstEvent> || std::same_as<T, GstMessage> ||
    std::same_as<T, GstContext> || std::same_as<T, GstBuffer> || std::same_as<T, GstSample> ||
    std::same_as<T, GstQuery>;

template <class T>
class Ptr {
  public:
    Ptr() = default;
    static Ptr adopt(T* p) {  ///< transfer full
        Ptr r;
        r.p_ = p;
        return r;
    }
    static Ptr share(T* p) {  ///< transfer none
        if (p) ref(p);
        return adopt(p);
    }
    static Ptr sink(T* p) {  ///< floating
        if (p) g_object_ref_sink(p);
        return adopt(p);
    }
    Ptr(const Ptr& o) : p_(o.p_) {
        if (p_) ref(p_);
    }
    Ptr(Ptr&& o) noexcept : p_(std::exchange(o.p_, nullptr)) {}
    Ptr& operator=(Ptr o) noexcept {
        std::swap(p_, o.p_);
        return *this;
    }
    ~Ptr() {
        if (p_) unref(p_);
    }
    T* get() const { return p_; }
    T* operator->() const { return p_; }
    T* release() { return std::exchange(p_, nullptr); }  ///< hand to a transfer-full argument
    explicit operator bool() const { return p_ != nullptr; }

  private:
    static void ref(T* p) {
        if constexpr (MiniObject<T>)
            gst_mini_object_ref(GST_MINI_OBJECT_CAST(p));
        else
            g_object_ref(p);
    }
    static void unref(T* p) {
        if constexpr (MiniObject<T>)
            gst_mini_object_unref(GST_MINI_OBJECT_CAST(p));
        else
            g_object_unref(p);
    }
    T* p_ = nullptr;
};

template <auto Fn>
struct Free {
    template <class T>
    void operator()(T* p) const {
        Fn(p);
    }
};
using ErrorPtr = std::unique_ptr<GError, Free<g_error_free>>;
using Chars = std::unique_ptr<char, Free<g_free>>;
using StructurePtr = std::unique_ptr<GstStructure, Free<gst_structure_free>>;

/// The bytes of a buffer, mapped for reading while this lives.
class MappedBuffer {
  public:
    explicit MappedBuffer(GstBuffer* buffer)
        : buffer_(buffer), ok_(gst_buffer_map(buffer, &info_, GST_MAP_READ) != 0) {}
    ~MappedBuffer() {
        if (ok_) gst_buffer_unmap(buffer_, &info_);
    }
    MappedBuffer(const MappedBuffer&) = delete;
    MappedBuffer& operator=(const MappedBuffer&) = delete;
    const uint8_t* data() const { return ok_ ? info_.data : nullptr; }
    size_t size() const { return ok_ ? info_.size : 0; }

  private:
    GstBuffer* buffer_;
    GstMapInfo info_{};
    bool ok_;
};

}  // namespace trunkline::gst
