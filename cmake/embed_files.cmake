# Makes the header web/page_files.h at OUTPUT from the files of FOLDER: each is a row of kPageFiles, with what a browser
# is told of it. String literals have a length limit, so texts are cut into pieces.
set(types .html=text/html .js=text/javascript .css=text/css)
set(rows "")
file(GLOB files RELATIVE ${FOLDER} ${FOLDER}/*)
foreach(name IN LISTS files)
  file(READ ${FOLDER}/${name} text)
  file(SHA256 ${FOLDER}/${name} hash)
  string(SUBSTRING ${hash} 0 16 hash)
  string(LENGTH "${text}" length)
  cmake_path(GET name EXTENSION LAST_ONLY extension)
  set(type ${types})
  list(FILTER type INCLUDE REGEX "^${extension}=")
  string(REGEX REPLACE "^[^=]*=" "" type "${type}")
  set(path "/${name}")
  if(name STREQUAL "index.html")
    set(path "/")
  endif()
  set(pieces "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 8000 piece)
    string(APPEND pieces "R\"~~~(${piece})~~~\"\n")
    math(EXPR at "${at} + 8000")
  endwhile()
  string(APPEND rows "{\"${path}\", \"${type}; charset=utf-8\", \"\\\"${hash}\\\"\", ${length},\n${pieces}},\n")
endforeach()
file(WRITE ${OUTPUT} "#pragma once
#include <cstddef>
namespace foz::web {
struct PageFile {
  const char *path, *type, *tag;
  std::size_t size;
  const char* bytes;
};
inline constexpr PageFile kPageFiles[] = {
${rows}};
}  // namespace foz::web
")
