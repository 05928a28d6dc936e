# frozen_string_literal: true

# Marks each fence with the word "run" for `deferred sign site`, and keeps Liquid away from its code:
#
#     ```python run cache=1h
#     print("{{ stays }}")
#     ```
#
# Copy this file into the folder _plugins of a Jekyll site. It needs no gem.
module DeferredRunner
  FENCE = /\A(?<prefix>(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*)(?<ticks>`{3,}|~{3,})(?<info>.*)\z/
  # The word run outside of quotes: it may be in a title.
  RUN = /\A\s*\{?\.?(?<language>[^\s{}.]*)(?<before>(?:[^"']|"[^"]*"|'[^']*')*?)[\s{.]run(?<options>[\s}].*)?\z/

  module_function

  # The Markdown that Jekyll renders instead: a comment with the options before each such fence.
  def mark(markdown, liquid: true)
    fence = nil
    run = false
    markdown.split("\n", -1).map do |whole|
      line = whole.chomp("\r")
      found = FENCE.match(line)
      if fence.nil?
        next whole unless found && !(found[:ticks].start_with?("`") && found[:info].include?("`"))

        fence = found[:ticks]
        marked = RUN.match(found[:info])
        run = !marked.nil?
        run ? opening(found, marked, liquid) : whole
      elsif found && found[:ticks].start_with?(fence) && found[:info].strip.empty?
        fence = nil
        whole
      else
        run && liquid ? hide(whole) : whole
      end
    end.join("\n")
  end

  def opening(fence, marked, liquid)
    options = marked[:options].to_s.delete_suffix("}").strip
    comment = "<!-- deferred: #{liquid ? hide(options) : options} -->"
    # A list's marker stands before the comment, and the fence is indented as far.
    inside = fence[:prefix].gsub(/[^ \t>]/, " ")
    "#{fence[:prefix]}#{comment}\n#{inside}#{fence[:ticks]}#{marked[:language]}"
  end

  # Liquid prints a brace instead of taking it for the beginning of a tag.
  def hide(text)
    text.gsub(/\{(?=[{%])/, '{{ "{" }}')
  end
end

Jekyll::Hooks.register [:documents, :pages], :pre_render do |page|
  markdown = page.site.find_converter_instance(Jekyll::Converters::Markdown)
  if markdown.matches(page.extname) && page.content
    liquid = page.respond_to?(:render_with_liquid?) ? page.render_with_liquid? : true
    page.content = DeferredRunner.mark(page.content, :liquid => liquid)
  end
end
