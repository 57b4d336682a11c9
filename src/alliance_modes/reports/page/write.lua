-- pandoc lua write.lua READER PAGE FORMAT…: source.md, as READER reads it, to made.FORMAT, for each format.
-- PAGE is the folder of the templates. The source is read once: that and its tables take most of the time.

local reader, page = arg[1], arg[2]
local TEMPLATES = { html5 = "html/page.html", typst = "pdf/page.typ" }
local ONE_LINE = 1000000 -- columns of a pipe table: above the longest row, so that none gets a fixed width

local function read(path)
  local file = assert(io.open(path, "rb"))
  local held = file:read("a")
  file:close()
  return held
end

local shown = dofile(page .. "/every_format.lua")
local doc = pandoc.read(read("source.md"), reader, { columns = ONE_LINE })
for place = 3, #arg do
  local format = arg[place]
  local own = TEMPLATES[format]
  local options = pandoc.WriterOptions({
    columns = ONE_LINE,
    wrap_text = "none",
    reference_doc = "reference.docx",
    template = pandoc.template.compile(own and read(page .. "/" .. own) or pandoc.template.default(format)),
    variables = { style = read(page .. "/html/page.css") },
  })
  local file = assert(io.open("made." .. format, "wb"))
  file:write(pandoc.write(shown(doc:clone(), format), format, options))
  file:close()
end
