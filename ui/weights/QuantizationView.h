// SPDX-License-Identifier: GPL-3.0-or-later
// How well the weights of a layer stand being rounded to few bits: a row a scheme, with a bar for the signal
// to quantization noise ratio before folding and one for that after (core/tensor/Sqnr.h).
#pragma once

#include "core/tensor/Sqnr.h"

#include <QWidget>
#include <memory>

namespace pleat::ui {

struct Theme;

// Ratios in dB, one a scheme of commonSchemes(). Without a before: of a layer that no fold is about; without
// an after: of weights that are no real numbers.
struct QuantizationRatios {
    std::vector<double> before, after;
};

class QuantizationView final : public QWidget {
    Q_OBJECT
public:
    explicit QuantizationView(QWidget* parent = nullptr);

    void setRatios(std::shared_ptr<const QuantizationRatios> ratios); // null: they are being computed
    void setClipped(bool clipped);                                    // ranges with the least noise

    QSize minimumSizeHint() const override { return {320, 90}; }

    // What can be seen, in words, a line a row.
    QString words() const;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Row {
        QString name;
        std::optional<double> before, after;
    };
    std::vector<Row> rows() const;
    void tell(); // the words, to who cannot see

    std::shared_ptr<const QuantizationRatios> m_ratios;
    bool m_clipped = false;
};

// Whether folding made the layer harder to quantize, in a sentence; without a before, how hard it is.
QString quantizationVerdict(const QuantizationRatios& ratios);

} // namespace pleat::ui
