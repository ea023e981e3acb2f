// SPDX-License-Identifier: GPL-3.0-or-later
// The vectors of a scene: a copy shares with the original what neither changes (SharedVector), so that the
// scene after an edit costs what the edit touches. Read as a std::vector is; changed only by who makes it,
// before it is copied.
#pragma once

#include "core/base/SharedVector.h"

#include <compare>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace pleat::ui {

template<class T>
class SceneVector final {
public:
    class Iterator {
    public:
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        using reference = const T&;
        using pointer = const T*;
        using iterator_category = std::random_access_iterator_tag;

        Iterator() = default;
        Iterator(const SceneVector* vector, difference_type at) : m_vector(vector), m_at(at) {}
        reference operator*() const { return (*m_vector)[static_cast<std::size_t>(m_at)]; }
        pointer operator->() const { return &**this; }
        reference operator[](difference_type by) const { return *(*this + by); }
        Iterator& operator+=(difference_type by)
        {
            m_at += by;
            return *this;
        }
        Iterator& operator-=(difference_type by) { return *this += -by; }
        Iterator& operator++() { return *this += 1; }
        Iterator& operator--() { return *this -= 1; }
        Iterator operator++(int) { return {m_vector, m_at++}; }
        Iterator operator--(int) { return {m_vector, m_at--}; }
        friend Iterator operator+(Iterator a, difference_type by) { return a += by; }
        friend Iterator operator+(difference_type by, Iterator a) { return a += by; }
        friend Iterator operator-(Iterator a, difference_type by) { return a -= by; }
        friend difference_type operator-(const Iterator& a, const Iterator& b) { return a.m_at - b.m_at; }
        friend bool operator==(const Iterator& a, const Iterator& b) { return a.m_at == b.m_at; }
        friend auto operator<=>(const Iterator& a, const Iterator& b) { return a.m_at <=> b.m_at; }

    private:
        const SceneVector* m_vector = nullptr;
        difference_type m_at = 0;
    };
    using value_type = T;
    using const_iterator = Iterator;

    SceneVector() = default;
    SceneVector(std::vector<T> all) : m_all(std::move(all)) {} // NOLINT(google-explicit-constructor)
    SceneVector(std::initializer_list<T> all) : m_all(std::vector<T>(all)) {}

    std::size_t size() const { return m_all.size(); }
    bool empty() const { return size() == 0; }
    const T& operator[](std::size_t at) const { return m_all[at]; }
    const T& front() const { return m_all[0]; }
    const T& back() const { return m_all[size() - 1]; }
    Iterator begin() const { return {this, 0}; }
    Iterator end() const { return {this, static_cast<std::ptrdiff_t>(size())}; }

    // The element, to be changed.
    T& change(std::size_t at) { return m_all.change(at); }
    void push_back(const T& one) { m_all.append(one); }

    // visit(number) for those that are not equal to the one of that number in `other`, at the cost of what
    // the two do not share.
    template<class Visit>
    void visitDiffering(const SceneVector& other, Visit visit) const
    {
        m_all.visitBeside(other.m_all, [&](std::size_t at) {
            if (at >= other.size() || !(m_all[at] == other.m_all[at]))
                visit(at);
        });
    }

private:
    SharedVector<T> m_all;
};

} // namespace pleat::ui
