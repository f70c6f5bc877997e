#pragma once
// A folder for one test, gone with it.
#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

namespace trunkline::test {

class TempFolder {
  public:
    TempFolder() : path_((std::filesystem::temp_directory_path() / "trunkline-").string() + std::string(6, 'X')) {
        if (!mkdtemp(path_.data())) throw std::runtime_error("no folder can be made: " + path_);
    }
    ~TempFolder() {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

}  // namespace trunkline::test
