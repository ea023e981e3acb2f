// SPDX-License-Identifier: GPL-3.0-or-later
// A folder with a model that was opened and folded and is about to be saved: what the tests of disturbed
// saves share. Its weights are computed in more than one block, copied by the kernel, copied by reading, and
// small ones are new bytes. One thread; the folder goes with the object.
#pragma once

#include "core/model/ModelWriter.h"
#include "support/SmallModels.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pleat::test {

struct SaveKind {
    // An older model at the target has its own data file; a new target may be in another folder.
    enum class Over { Nothing, NothingElsewhere, Another, Source };
    Over over = Over::Nothing;
    DataPlacement data = DataPlacement::Keep;
    bool externalSource = false; // its large weights are in a data file
    std::string name() const;
};

// Every kind of save that differs in its system calls.
std::vector<SaveKind> saveKinds();

class SaveScene final {
public:
    using Files = std::map<std::string, std::string>; // path in the folder → contents

    explicit SaveScene(const SaveKind& kind);

    Result<Saved> save(Progress& progress, std::stop_token stop) const;
    Result<Saved> save() const;
    Result<Saved> saveTo(const std::filesystem::path& target) const;

    std::filesystem::path target() const { return m_folder.path(m_target); }
    const std::string& targetName() const { return m_target; } // in the folder
    std::filesystem::path path(const std::string& name) const { return m_folder.path(name); }

    // The files whose bytes the save needs.
    std::vector<std::string> sources() const;

    // Files of the folder: as they are, as they were before any save, as a save leaves them that nothing
    // disturbs.
    Files files() const;
    const Files& before() const { return m_before; }
    static Files after(const SaveKind& kind);

    // The model of `files` that the scene's target is, with all its data inside; read by ONNX's classes. ""
    // when it is not whole.
    std::string wholeTarget(const Files& files) const;

    // What is wrong with the folder when a save was killed there: "" when it holds the old model with all it
    // refers to or the new one, and else only leftovers that are known as such. Says which in `isNew`.
    std::string damage(const Files& after, bool& isNew) const;

private:
    SaveKind m_kind;
    Folder m_folder;
    std::string m_target;
    std::optional<Model> m_folded;
    Files m_before;
};

} // namespace pleat::test
