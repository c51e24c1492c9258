// shapes.cpp - C++ names for the comparison with llvm-symbolizer: namespaces, classes, templates, lambdas, operators, virtual calls.
#include "plain.h"

namespace
{
int hidden(int x)
{
    return x ^ plain_sink;
}
} // namespace

namespace geometry
{
namespace detail
{
template <typename T, int N> struct box {
    T items[N];
    inline T sum() const
    {
        T all = T();
        for (int i = 0; i < N; i++)
            all += items[i];
        return all;
    }
    T &operator[](int index)
    {
        plain_sink = index;
        return items[index];
    }
};
inline int square(int x)
{
    return x * x;
}
} // namespace detail

class shape
{
  public:
    explicit shape(int size) : size_(size) {}
    virtual int area() const { return size_; }
    int scaled(int by) const { return area() * detail::square(by); }

  protected:
    int size_;
};

class circle final : public shape
{
  public:
    explicit circle(int size) : shape(size) {}
    int area() const override;
    struct ring {
        int inner;
        int width(int outer) const { return outer - inner + hidden(outer); }
    };
};

NOINLINE int circle::area() const
{
    ring inside = {plain_sink};
    return 3 * detail::square(size_) + inside.width(size_);
}

template <typename F> inline int apply(F function, int x)
{
    return function(x) + 1;
}

NOINLINE int measure(shape &one, int by)
{
    auto grow = [by](int x) { return x * by + plain_sink; };
    detail::box<int, 4> box = {{1, 2, by, plain_sink}};
    box[plain_sink & 3] = apply(grow, by);
    return one.scaled(by) + box.sum();
}
} // namespace geometry

extern "C" NOINLINE int shapes(int x)
{
    struct local {
        static inline int add(int a)
        {
            plain_sink = a;
            return a + geometry::detail::square(a);
        }
    };
    geometry::circle one(x);
    return geometry::measure(one, x) + local::add(x);
}
