<?php
/**
 * Plugin Name: Deferred Runner
 * Description: Runnable code in posts: [deferred language="python" run="cache=1h"]print(1)[/deferred]
 * Version: 1.0
 * License: MIT
 */

/** The code of a post reaches the page as it was written: WordPress's own filters would change quotes and line ends. */
function deferred_runner_shortcode( $attributes, $code = '' ) {
	$given = shortcode_atts(
		array(
			'language' => '',
			'run'      => '',
			'block'    => '',
		),
		$attributes,
		'deferred'
	);
	// The editor may have stored characters of the code as entities.
	$code = html_entity_decode( (string) $code, ENT_QUOTES | ENT_HTML5, 'UTF-8' );
	$code = trim( str_replace( "\r\n", "\n", $code ), "\n" );
	// Later filters act on brackets, braces and addresses.
	$shown = strtr(
		esc_html( $code ),
		array(
			'['  => '&#91;',
			']'  => '&#93;',
			'{'  => '&#123;',
			'}'  => '&#125;',
			'@'  => '&#64;',
			"\n" => '&#10;',
		)
	);
	$class = '' === $given['language'] ? '' : ' class="language-' . esc_attr( $given['language'] ) . '"';
	$pre   = "<pre translate=\"no\"><code$class>$shown</code></pre>";
	if ( '' === $given['block'] ) {
		// A mark: `deferred sign site` signs it in the pages of a static copy.
		return '<div data-deferred="' . esc_attr( $given['run'] ) . "\">$pre</div>";
	}
	$server = deferred_runner_server();
	$script = '' === $server ? '' : '<script type="module" src="' . esc_url( "$server/deferred-runner.js" ) . '"></script>';
	return '<deferred-runner block="' . esc_attr( $given['block'] ) . "\">$pre</deferred-runner>$script";
}

/** The server, from wp-config.php: define( 'DEFERRED_URL', 'https://runner.example' ); */
function deferred_runner_server() {
	return defined( 'DEFERRED_URL' ) ? rtrim( DEFERRED_URL, '/' ) : '';
}

/**
 * Runs this shortcode alone, before wpautop (at 10) puts paragraphs into code. Other shortcodes are left for later.
 */
function deferred_runner_content( $content ) {
	global $shortcode_tags;
	$others         = $shortcode_tags;
	$shortcode_tags = array( 'deferred' => 'deferred_runner_shortcode' );
	$content        = do_shortcode( $content );
	$shortcode_tags = $others;
	return $content;
}

add_shortcode( 'deferred', 'deferred_runner_shortcode' );
add_filter( 'the_content', 'deferred_runner_content', 7 );
