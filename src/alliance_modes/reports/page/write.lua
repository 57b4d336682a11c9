-- pandoc lua write.lua READER PAGE TASK…: reports as READER reads them, in several formats. A task is a folder, a
-- source in it, and formats; FOLDER/made.FORMAT is written. PAGE is the folder of the templates. Each source is read
-- once: that and its tables take most of the time.

local reader, page = arg[1], arg[2]
local TEMPLATES = { html5 = "html/page.html", typst = "page.typ" }
local ONE_LINE = 1000000 -- columns of a pipe table: above the longest row, so that none gets a fixed width

local function read(path)
  local file = assert(io.open(path, "rb"))
  local held = file:read("a")
  file:close()
  return held
end

local style, templates = read(page .. "/html/page.css"), {}
for format, own in pairs(TEMPLATES) do
  templates[format] = read(page .. "/" .. own)
end

local function write(shown, source, formats)
  local doc = pandoc.read(read(source), reader, { columns = ONE_LINE })
  for _, format in ipairs(formats) do
    local options = pandoc.WriterOptions({
      columns = ONE_LINE,
      wrap_text = "none",
      reference_doc = "reference.docx",
      template = pandoc.template.compile(templates[format] or pandoc.template.default(format)),
      variables = { style = style },
    })
    local file = assert(io.open("made." .. format, "wb"))
    file:write(pandoc.write(shown(doc:clone(), format), format, options))
    file:close()
  end
end

for place = 3, #arg do
  local words = {}
  for word in arg[place]:gmatch("%S+") do
    table.insert(words, word)
  end
  local shown = dofile(page .. "/every_format.lua")
  pandoc.system.with_working_directory(words[1], function()
    write(shown, words[2], { table.unpack(words, 3) })
  end)
end
