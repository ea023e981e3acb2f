// SPDX-License-Identifier: GPL-3.0-or-later
// The inspector's words as a document: rows as tables, names as links, a pencil where something can be
// changed. Private to ui/inspector; pure.
#pragma once

#include "ui/inspector/InspectorContent.h"

class QTextDocument;

namespace pleat::ui {

struct Theme;

struct InspectorHtml {
    QString html;
    std::vector<Editable> edits; // "edit:3" links to the fourth of them
};
InspectorHtml htmlOf(const InspectorContent& content, const Theme& theme);

// The pencil, and below it all of ONNX's documentation: trusted, and without links.
void addResources(QTextDocument& document, const Theme& theme, qreal pixelRatio);
void addDocumentation(QTextDocument& document, const QString& markdown, const Theme& theme);

} // namespace pleat::ui
