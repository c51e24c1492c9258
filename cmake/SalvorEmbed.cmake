# salvor_embed(NAME FOLDER): makes <NAME>.c, the table of the files in FOLDER (server/http/assets.h), with the build tool salvor-embed.
function(salvor_embed name folder)
  if(NOT EXISTS "${folder}/index.html")
    message(FATAL_ERROR "The web pages are not built (${folder}/index.html is missing): run ./dev build web")
  endif()
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE "${folder}" "${folder}/*")
  list(SORT files)
  set(paths ${files})
  list(TRANSFORM paths PREPEND "${folder}/")
  add_custom_command(OUTPUT "${name}.c"
    COMMAND salvor-embed "${CMAKE_CURRENT_BINARY_DIR}/${name}.c" "${folder}" ${files}
    DEPENDS salvor-embed ${paths}
    COMMENT "Embedding the web pages" VERBATIM)
endfunction()
