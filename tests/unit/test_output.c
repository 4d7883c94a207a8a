#include "unit.h"

#include <fcntl.h>

#include "output/output_unzip.h"
#include "output/output_xml.h"

/* What an XML reader was told, in a line. */
static void
take_open(void *cookie, const char *name, const char *attributes)
{
	struct span value;

	text_addf(cookie, "<%s", name);
	if (output_xml_attribute(attributes, "r", &value))
		text_addf(cookie, " %.*s", (int)value.len, value.data);
	text_addc(cookie, '>');
}

static void
take_text(void *cookie, const char *data, size_t len)
{
	text_add(cookie, data, len);
}

static void
take_close(void *cookie, const char *name)
{
	text_addf(cookie, "</%s>", name);
}

static const struct {
	const char *xml;
	const char *announced;	/* NULL: it is not whole */
} documents[] = {
	{ "<a/>", "<a></a>" },
	{ "<?xml version=\"1.0\"?>\n<a>b</a>\n", "<a>b</a>" },
	{ "<a><b r=\"1\" s='2'>x &amp; y</b><c /></a>",
	    "<a><b 1>x &amp; y</b><c></c></a>" },
	{ "<a s=\"it's > 1\" r=\"x\"/>", "<a x></a>" },
	{ "<a>\n<a:b_c r=''/></a>", "<a>\n<a:b_c ></a:b_c></a>" },
	{ "", NULL }, { "x", NULL }, { "<a>", NULL }, { "<a", NULL },
	{ "</a>", NULL }, { "<a></b>", NULL }, { "<a><b></a></b>", NULL },
	{ "<a/><b/>", NULL }, { "<a/>x", NULL }, { "<a><b</a>", NULL },
	{ "<a r></a>", NULL }, { "<a r=1/>", NULL }, { "<a r=\"1/>", NULL },
	{ "<a r=\"<\"/>", NULL }, { "<a r=\"1\"s=\"2\"/>", NULL },
	{ "<>", NULL }, { "<a></a></a>", NULL }, { "<a><?xml?></a>", NULL },
	{ "<a =\"1\"/>", NULL }, { "<a></a", NULL }, { "</", NULL },
};

static void
test_xml_is_whole_or_not(void **state)
{
	struct text told;
	struct output_xml xml = { .open = take_open, .text = take_text,
	    .close = take_close, .cookie = &told };
	size_t i, chunk, offset, len, n;
	bool whole;

	(void)state;
	text_init(&told, 1 << 16);
	output_xml_init(&xml);
	for (i = 0; i < LENGTH(documents); i++) {
		len = strlen(documents[i].xml);
		/* Whatever it comes in. */
		for (chunk = 1; chunk <= len + 1; chunk++) {
			text_clear(&told);
			output_xml_begin(&xml);
			for (offset = 0; offset < len; offset += n) {
				n = len - offset < chunk ? len - offset : chunk;
				output_xml_add(&xml, &documents[i].xml[offset],
				    n);
			}
			whole = output_xml_end(&xml);
			if (whole != (documents[i].announced != NULL))
				fail_msg("%s", documents[i].xml);
			if (whole)
				assert_string_equal(told.data,
				    documents[i].announced);
		}
	}
	output_xml_release(&xml);
	text_release(&told);
}

/* A block that is missing in the middle is seen, wherever it is. */
static void
test_xml_without_a_block(void **state)
{
	struct output_xml xml = { .open = NULL };
	struct text text;
	size_t i, k, seen = 0, n = 0;

	(void)state;
	text_init(&text, 1 << 16);
	text_adds(&text, "<s><d>");
	for (i = 0; i < 40; i++)
		text_addf(&text, "<r a=\"%zu\"><c r=\"A%zu\"><v>%zu</v></c>"
		    "</r>", i, i, i * 7);
	text_adds(&text, "</d></s>");
	output_xml_init(&xml);
	for (i = 0; i + 64 <= text.len; i++, n++) {
		output_xml_begin(&xml);
		output_xml_add(&xml, text.data, i);
		k = i + 64;
		output_xml_add(&xml, &text.data[k], text.len - k);
		seen += !output_xml_end(&xml);
	}
	/* All but those that take whole rows, which are counted elsewhere. */
	if (seen < n * 9 / 10)
		fail_msg("%zu of %zu", seen, n);
	output_xml_release(&xml);
	text_release(&text);
}

/* ------------------------------------------------------------------ ZIP */

static int
begin_file(void *cookie, const char *name, struct err *err)
{
	(void)err;
	text_addf(cookie, "[%s:", name);
	return 0;
}

static int
add_bytes(void *cookie, const char *data, size_t len, struct err *err)
{
	(void)err;
	text_add(cookie, data, len);
	return 0;
}

static int
end_file(void *cookie, struct err *err)
{
	(void)err;
	text_adds(cookie, "]");
	return 0;
}

static int
unzip(const char *path, struct text *told, struct err *err)
{
	struct output_unzip to = { begin_file, add_bytes, end_file, told };

	text_clear(told);
	return output_unzip(path, &to, err);
}

static void
put(const char *path, const char *data, size_t len)
{
	int fd = file_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC,
	    NULL);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

/* A ZIP of Python's, since ours ends with a comment; the size of it. */
static void
make_zip(struct text *bytes)
{
	assert_int_equal(system("python3 -c \"\n"
	    "import zipfile\n"
	    "with zipfile.ZipFile('a.zip', 'w') as z:\n"
	    "    for n, c in (('one.xml', 8), ('two', 0), ('sub/three', 8)):\n"
	    "        z.writestr(zipfile.ZipInfo(n), n * 3000 if c else n,\n"
	    "            compress_type=c)\n"
	    "with zipfile.ZipFile('b.zip', 'w') as z:\n"
	    "    for i in range(66000):\n"
	    "        z.writestr(zipfile.ZipInfo(str(i)), '')\n"
	    "    with z.open(zipfile.ZipInfo('large'), 'w',\n"
	    "        force_zip64=True) as f: f.write(b'x')\n"
	    "\""), 0);
	text_init(bytes, 1 << 20);
	assert_int_equal(file_read(AT_FDCWD, "a.zip", bytes, NULL), 0);
}

static void
test_a_zip_is_read_back(void **state)
{
	struct text bytes, whole, told;
	struct err err;
	size_t i, seen = 0;
	int bit;

	(void)state;
	make_zip(&bytes);
	text_init(&whole, 1 << 20);
	text_init(&told, 1 << 20);
	assert_int_equal(unzip("a.zip", &whole, &err), 0);
	assert_contains(whole.data, "[one.xml:one.xmlone.xml");
	assert_contains(whole.data, "xml][two:two][sub/three:sub/three");
	/* More files than 16 bits can count, and one with 64-bit sizes. */
	assert_int_equal(unzip("b.zip", &told, &err), 0);
	assert_contains(told.data, "[0:][1:][2:]");
	assert_contains(told.data, "[65999:][large:x]");
	for (i = 0; i < bytes.len; i++) {
		/* Cut off anywhere, it is none. */
		put("cut.zip", bytes.data, i);
		assert_int_equal(unzip("cut.zip", &told, &err), -1);
		assert_int_equal(err.kind, ERR_DISK);
		/* With a bit of it flipped, it is none, or it is the same. */
		bit = (int)(i * 7 % 8);
		bytes.data[i] = (char)(bytes.data[i] ^ 1 << bit);
		put("bad.zip", bytes.data, bytes.len);
		if (unzip("bad.zip", &told, &err) == -1)
			seen++;
		else if (told.len != whole.len ||
		    memcmp(told.data, whole.data, told.len) != 0)
			fail_msg("bit %d of byte %zu", bit, i);
		bytes.data[i] = (char)(bytes.data[i] ^ 1 << bit);
	}
	assert_true(seen > bytes.len / 2);
	text_release(&bytes);
	text_release(&whole);
	text_release(&told);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xml_is_whole_or_not),
		cmocka_unit_test(test_xml_without_a_block),
		cmocka_unit_test(test_a_zip_is_read_back),
	};

	return cmocka_run_group_tests(tests, unit_enter_dir, unit_leave_dir);
}
