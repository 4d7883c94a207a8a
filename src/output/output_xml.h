#ifndef OUTPUT_XML_H
#define OUTPUT_XML_H

#include "base/base.h"

/*
 * A reader of XML as libraries write it, which checks that it is complete:
 * every tag is well-formed, every element is closed, and nothing follows the
 * root. Comments and DTDs are not supported.
 */
struct output_xml {
	/* Callbacks; each may be NULL.  Text arrives in fragments and with
	 * its entities: "&amp;" is not decoded. */
	void (*open)(void *, const char *, const char *);
	void (*text)(void *, const char *, size_t);
	void (*close)(void *, const char *);
	void *cookie;

	/* Private. */
	struct text tag;	/* unfinished */
	struct text open_names;	/* of open elements, each with its NUL */
	char quote;		/* inside an attribute's value */
	bool in_tag, has_root, is_bad;
};

/** output_xml_init(xml): Initialize it; the callbacks are already set. */
void output_xml_init(struct output_xml *);

/** output_xml_begin(xml): Begin a document. */
void output_xml_begin(struct output_xml *);

/**
 * output_xml_add(xml, data, len):
 * Parse some bytes.  An element is reported with its name and its attributes,
 * unparsed.
 */
void output_xml_add(struct output_xml *, const char *, size_t);

/** output_xml_end(xml): End the document.  Return whether it is complete. */
bool output_xml_end(struct output_xml *);

/**
 * output_xml_attribute(attributes, name, value):
 * Set ${*value} to the attribute ${name}.  Return false if it is missing.
 */
bool output_xml_attribute(const char *, const char *, struct span *);

/** output_xml_release(xml): Free the contents of ${xml}. */
void output_xml_release(struct output_xml *);

#endif
