// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/SourceMessage.h"

#include "ui/widgets/Translate.h"

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

// "a", "a and b", "a and 3 more files"
QString named(const SourceState& state)
{
    const QStringList& files = state.files;
    if (files.size() == 1)
        return state.model ? files.constFirst() : tr("The data file %1").arg(files.constFirst());
    if (files.size() == 2)
        return tr("%1 and %2").arg(files[0], files[1]);
    return tr("%1 and %n more files", int(files.size()) - 1).arg(files.constFirst());
}

} // namespace

QString sourceSentence(const SourceState& state)
{
    using Kind = SourceState::Kind;
    const bool one = state.files.size() == 1;
    QString sentence;
    switch (state.kind) {
    case Kind::Intact:
        return {};
    case Kind::Replaced:
        sentence = one ? tr("%1 was replaced on disk. You still see what was opened, and can export it.")
                       : tr("%1 were replaced on disk. You still see what was opened, and can export it.");
        break;
    case Kind::Deleted:
        sentence =
            one ? tr("%1 was deleted. It can be read for as long as it is open here: export to keep it.")
                : tr("%1 were deleted. They can be read for as long as they are open here: export to "
                     "keep them.");
        break;
    case Kind::Rewritten:
        sentence = state.truncated && one
                       ? tr("%1 was cut short by another program. The weights that were opened "
                            "can no longer be read.")
                   : one ? tr("%1 was changed by another program. The weights that were opened can no "
                              "longer be read.")
                         : tr("%1 were changed by another program. The weights that were opened can "
                              "no longer be read.");
        break;
    }
    return sentence.arg(named(state));
}

QString comparedSourceSentence(const SourceState& state)
{
    using Kind = SourceState::Kind;
    const bool one = state.files.size() == 1;
    switch (state.kind) {
    case Kind::Intact:
    case Kind::Rewritten:
        return sourceSentence(state);
    case Kind::Replaced:
        return (one ? tr("%1 was replaced on disk. You still see what was opened.")
                    : tr("%1 were replaced on disk. You still see what was opened."))
            .arg(named(state));
    case Kind::Deleted:
        return (one ? tr("%1 was deleted. You still see what was opened.")
                    : tr("%1 were deleted. You still see what was opened."))
            .arg(named(state));
    }
    return {};
}

SourceRemedy sourceRemedy(const SourceState& state)
{
    using Kind = SourceState::Kind;
    return state.kind == Kind::Intact    ? SourceRemedy::None
           : state.kind == Kind::Deleted ? SourceRemedy::Export
                                         : SourceRemedy::Reload;
}

QString sourceMark(const SourceState& state)
{
    switch (state.kind) {
    case SourceState::Kind::Intact:
        return {};
    case SourceState::Kind::Replaced:
        return tr(" (replaced on disk)");
    case SourceState::Kind::Deleted:
        return tr(" (deleted)");
    case SourceState::Kind::Rewritten:
        return tr(" (changed on disk)");
    }
    return {};
}

} // namespace pleat::ui
